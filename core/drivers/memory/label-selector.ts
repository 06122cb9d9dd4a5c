import { PortError } from "../../ports/errors.ts";

type Labels = Readonly<Record<string, string>>;

/** A Kubernetes label selector: `a=b`, `a!=b`, `a`, `!a`, `a in (b,c)`, `a notin (b,c)`, joined by commas. */
export function labelMatcher(selector: string): (labels: Labels) => boolean {
  const tests = selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part, _index, all) => part !== "" || all.length > 1)
    .map(testOf);
  return (labels) => tests.every((test) => test(labels));
}

const name = "[A-Za-z0-9][-A-Za-z0-9_./]*";
const setTest = new RegExp(`^(${name})\\s+(in|notin)\\s+\\(([^)]*)\\)$`);
const equalTest = new RegExp(`^(${name})\\s*(!=|==?)\\s*([-A-Za-z0-9_.]*)$`);
const existsTest = new RegExp(`^(!?)\\s*(${name})$`);

function testOf(part: string): (labels: Labels) => boolean {
  const set = setTest.exec(part);
  if (set) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return (labels) => values.includes(labels[key] ?? "\0") === (operator === "in");
  }
  const equal = equalTest.exec(part);
  if (equal) {
    const [, key = "", operator, value] = equal;
    return (labels) => (labels[key] === value) === (operator !== "!=");
  }
  const exists = existsTest.exec(part);
  if (exists) {
    const [, negation, key = ""] = exists;
    return (labels) => Object.hasOwn(labels, key) === (negation === "");
  }
  const where = { system: "memory cluster", operation: "list" };
  throw new PortError("invalid", "memory cluster: list: the label selector makes no sense", where);
}
