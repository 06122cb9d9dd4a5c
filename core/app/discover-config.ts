import type { Discovered, Discovery } from "./discover.ts";
import { type InitAnswers, renderConfig } from "./init.ts";

/** What the file needs besides what was found. */
export interface StartAnswers {
  readonly harborUrl: string;
  readonly caFile: string | null;
  readonly issuer: string;
  readonly password: string;
  readonly kubeconfig: string | null;
  readonly contexts: readonly string[];
}

/** The project that a robot may pull from; null: all of them, or more than pulling. */
function projectOf({ robot }: Discovered): string | null {
  const [first, ...more] = robot.permissions;
  if (first === undefined || more.length > 0 || first.kind !== "project" || first.namespace === "*") return null;
  const [right, ...others] = first.access;
  return others.length === 0 && right?.resource === "repository" && right.action === "pull" ? first.namespace : null;
}

/** The secret name that most of its Secrets have, and the namespaces where it has that name. */
function targetsOf({ heldBy }: Discovered): { readonly secret: string; readonly namespaces: readonly string[] } {
  const counts = new Map<string, number>();
  for (const { secret } of heldBy) counts.set(secret, (counts.get(secret) ?? 0) + 1);
  const [secret = ""] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  const namespaces = heldBy.filter((holder) => holder.secret === secret).map(({ namespace }) => namespace);
  return { secret, namespaces: [...new Set(namespaces)].sort() };
}

/** `robot$team.pull` → `team-pull`. */
function credentialName(username: string): string {
  const last = username.split(/[$+]/).at(-1) ?? "";
  const name = last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  return name === "" ? "platform-pull" : name;
}

/**
 * A `capstan.yaml` for the pull robot that most Secrets hold and nobody manages; the others are named in comments.
 * Null: there is no such robot. Rights other than pulling from one project are not written for anybody.
 */
export function renderStart(found: Discovery, answers: StartAnswers, schemaFile: string): string | null {
  const open = found.robots
    .filter(({ credential, heldBy }) => credential === null && heldBy.length > 0)
    .sort((a, b) => b.heldBy.length - a.heldBy.length);
  const first = open.find((one) => projectOf(one) !== null);
  if (first === undefined) return null;
  const { secret, namespaces } = targetsOf(first);
  const init: InitAnswers = {
    ...answers,
    installation: "main",
    credential: credentialName(first.robot.username),
    project: projectOf(first) ?? "",
    namespaces,
    selector: "",
    secret,
    directory: "./.capstan",
    identity: "./age.key",
    adopt: true,
  };
  const others = open.filter((one) => one !== first);
  const lines = [
    "",
    `# Made by capstan discover from ${first.robot.username}, which ${first.heldBy.length} pull Secrets hold.`,
    ...(others.length === 0 ? [] : ["# Held by Secrets and managed by nobody as well, for more credentials:"]),
    ...others.map(
      (one) => `#   ${one.robot.username.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "?")}: ${one.heldBy.length} Secrets`,
    ),
  ];
  return `${renderConfig(init, schemaFile)}${lines.join("\n")}\n`;
}
