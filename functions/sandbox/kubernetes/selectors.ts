import type { KubeObject } from "./objects.ts";
import { badRequest } from "./status.ts";

export type Selector = (object: KubeObject) => boolean;

const operators = ["!=", "==", "=", "(", ")", ",", "!"] as const;

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  let rest = text.trimStart();
  while (rest !== "") {
    const operator = operators.find((candidate) => rest.startsWith(candidate));
    const token = operator ?? /^[^\s!=(),]+/.exec(rest)?.[0] ?? rest.slice(0, 1);
    tokens.push(token);
    rest = rest.slice(token.length).trimStart();
  }
  return tokens;
}

/** Label selector: equality, `in`, `notin`, existence. Throws the 400 of the API server. */
export function labelSelector(text: string): Selector {
  const tokens = tokenize(text);
  const tests: ((labels: Readonly<Record<string, string>>) => boolean)[] = [];
  const isWord = (token: string | undefined): token is string =>
    token !== undefined && !operators.some((operator) => operator === token);

  while (tokens.length > 0) {
    let token = tokens.shift();
    const negated = token === "!";
    if (negated) token = tokens.shift();
    if (!isWord(token)) throw badRequest(`found '${token ?? ""}', expected: !, identifier, or 'end of string'`);
    const key = token;
    const next = tokens[0];
    if (negated || next === undefined || next === ",") {
      tests.push((labels) => Object.hasOwn(labels, key) !== negated);
    } else if (next === "in" || next === "notin") {
      tokens.shift();
      const values = readValues(tokens);
      tests.push((labels) => values.includes(labels[key] ?? "\0") === (next === "in"));
    } else if (next === "=" || next === "==" || next === "!=") {
      tokens.shift();
      const value = isWord(tokens[0]) ? (tokens.shift() ?? "") : "";
      tests.push((labels) => (labels[key] === value) === (next !== "!="));
    } else {
      throw badRequest(`found '${next}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    const comma = tokens.shift();
    if (comma !== undefined && comma !== ",") throw badRequest(`found '${comma}', expected: ',' or 'end of string'`);
    if (comma === "," && tokens.length === 0) throw badRequest("found '', expected: identifier after ','");
  }
  return ({ metadata }) => tests.every((test) => test(metadata.labels ?? {}));
}

function readValues(tokens: string[]): string[] {
  if (tokens.shift() !== "(") throw badRequest("found '', expected: '('");
  const values: string[] = [];
  for (;;) {
    const token = tokens.shift();
    if (token === ")") return values;
    if (token === undefined) throw badRequest("found '', expected: ',', or ')'");
    if (token !== ",") values.push(token);
  }
}

const fieldOf: Readonly<Record<string, (object: KubeObject) => unknown>> = {
  "metadata.name": ({ metadata }) => metadata.name,
  "metadata.namespace": ({ metadata }) => metadata.namespace ?? "",
  type: (object) => object["type"] ?? "",
};

/** Field selector over name, namespace and a Secret's type. */
export function fieldSelector(text: string): Selector {
  const tests = text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const [, field = "", operator = "", value = ""] = /^(.*?)(!=|==?)(.*)$/.exec(part) ?? [];
      if (operator === "") throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
      const read = fieldOf[field];
      if (read === undefined) throw badRequest(`field label not supported: ${field}`);
      return (object: KubeObject) => (read(object) === value) === (operator !== "!=");
    });
  return (object) => tests.every((test) => test(object));
}
