import type { Discovery } from "./discover.ts";
import { type FoundCredential, type FoundTarget, findCredentials } from "./discover-credentials.ts";
import { quote, renderHead } from "./init.ts";

/** What the file needs besides what was found. */
export interface StartAnswers {
  readonly harborUrl: string;
  readonly caFile: string | null;
  readonly issuer: string;
  readonly password: string;
  readonly kubeconfig: string | null;
  readonly contexts: readonly string[];
}

const namedMax = 200;
const namespacesPerTargetMax = 5_000;

const secrets = (count: number): string => `${count} ${count === 1 ? "Secret" : "Secrets"}`;
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "?");

function some(lines: readonly string[]): readonly string[] {
  const more = lines.length - namedMax;
  return [...lines.slice(0, namedMax), ...(more > 0 ? [`#   and ${more} more`] : [])];
}

const listed = (texts: readonly string[]): string => `[${texts.map(quote).join(", ")}]`;

function copyLines(copied: FoundTarget["copied"]): readonly string[] {
  if (copied === null) return [];
  const [namespace = "", name = ""] = copied.source.split("/");
  return [`        by: ${copied.by}`, `        source: { namespace: ${quote(namespace)}, secret: ${quote(name)} }`];
}

function targetLines({ secret, clusters, namespaces, copied }: FoundTarget): readonly string[] {
  const parts: (readonly string[])[] = [];
  for (let from = 0; from < namespaces.length; from += namespacesPerTargetMax)
    parts.push(namespaces.slice(from, from + namespacesPerTargetMax));
  return parts.flatMap((names) => [
    `      - clusters: ${listed(clusters)}`,
    `        namespaces: { names: ${listed(names)} }`,
    `        secret: ${quote(secret)}`,
    ...copyLines(copied),
    "        adopt: true",
  ]);
}

function credentialLines(one: FoundCredential): readonly string[] {
  const access = (rights: FoundCredential["permissions"][number]["access"]): string =>
    rights.map(({ resource, action }) => `{ resource: ${resource}, action: ${action} }`).join(", ");
  return [
    `  ${quote(one.name)}: # held by ${secrets(one.secretsCount)}`,
    "    registry: main",
    ...(one.registryHost === null ? [] : [`    registryHost: ${quote(one.registryHost)}`]),
    "    home: local",
    "    robot:",
    `      adopts: ${quote(one.robot)} # never deleted from here; named while it lives`,
    `      level: ${one.level}`,
    "      permissions:",
    ...one.permissions.flatMap(({ kind, namespace, access: rights }) => [
      `        - kind: ${kind}`,
      `          namespace: ${quote(namespace)}`,
      `          access: [${access(rights)}]`,
    ]),
    `    proof: { repository: ${quote(one.proof.repository)}, action: ${one.proof.action} }`,
    "    targets:",
    ...one.targets.flatMap(targetLines),
  ];
}

/**
 * A `capstan.yaml` with a credential for every robot that Secrets hold and nobody manages, with its rights and its
 * Secrets; those that no file can say are named in comments, with the reason. Null: there is none.
 */
export function renderStart(
  found: Discovery,
  answers: StartAnswers,
  schemaFile: string,
  nowMs: number,
): { readonly text: string; readonly credentials: number } | null {
  const { credentials, leftOut, unheld } = findCredentials(found, new URL(answers.harborUrl).host, nowMs);
  if (credentials.length === 0) return null;
  const head = { ...answers, installation: "main", directory: "./.capstan", identity: "./age.key" };
  const lines = [
    ...renderHead(head, schemaFile).lines,
    "",
    "# Made by capstan discover. The issuer must itself hold all rights below; every other key has its default.",
    "credentials:",
    ...credentials.flatMap(credentialLines),
    ...(leftOut.length === 0 ? [] : ["", "# Held by Secrets and left out:"]),
    ...some(leftOut.map(({ robot, secretsCount, why }) => `#   ${plain(robot)} (${secrets(secretsCount)}): ${why}`)),
    ...(unheld.length === 0 ? [] : ["", "# Alive, and in no Secret that was looked at:"]),
    ...some(unheld.map((robot) => `#   ${plain(robot)}`)),
  ];
  return { text: `${lines.join("\n")}\n`, credentials: credentials.length };
}
