import type { HeldPermission } from "../ports/issuer.ts";
import type { CopyTraces } from "../pullsecret/index.ts";
import type { Discovered, Discovery, Holder } from "./discover.ts";
import { hostOf } from "./discover.ts";

export interface FoundTarget {
  readonly secret: string;
  readonly clusters: readonly string[];
  readonly namespaces: readonly string[];
  /** The tool that copies it, and what it copies (`namespace/name`); null: nobody does, or the source is not seen. */
  readonly copied: { readonly by: CopyTraces["by"]; readonly source: string } | null;
}

/** A credential that the file can have: what one robot may do, and the Secrets that hold it. */
export interface FoundCredential {
  readonly name: string;
  readonly robot: string;
  readonly level: "system" | "project";
  readonly permissions: readonly HeldPermission[];
  readonly proof: { readonly repository: string; readonly action: "pull" | "push" };
  /** Key of the Secrets' entries, where it is not the registry's own host. */
  readonly registryHost: string | null;
  readonly targets: readonly FoundTarget[];
  readonly secretsCount: number;
}

export interface LeftOut {
  readonly robot: string;
  readonly secretsCount: number;
  readonly why: string;
}

export interface FoundCredentials {
  readonly credentials: readonly FoundCredential[];
  readonly leftOut: readonly LeftOut[];
  /** Alive, of nobody's management, and in no Secret that was seen. */
  readonly unheld: readonly string[];
}

const credentialsMax = 1_000;
const catalogueWord = /^[a-z][a-z-]*$/;

/** `robot$team.pull` → `team-pull`; numbered where two would meet. */
function nameFor(username: string, taken: ReadonlySet<string>): string {
  const last = username.split(/[$+]/).at(-1) ?? "";
  const base = last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  const stem = base === "" ? "pull" : base;
  let name = stem;
  for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}`;
  return name;
}

/** One entry for each scope, each right once, as the file wants them. */
function merged(permissions: readonly HeldPermission[]): readonly HeldPermission[] {
  const byScope = new Map<string, HeldPermission>();
  for (const { kind, namespace, access } of permissions) {
    const scope = `${kind} ${namespace}`;
    const before = byScope.get(scope)?.access ?? [];
    const fresh = access.filter(
      (one, at) =>
        ![...before, ...access.slice(0, at)].some(
          ({ resource, action }) => resource === one.resource && action === one.action,
        ),
    );
    byScope.set(scope, { kind, namespace, access: [...before, ...fresh] });
  }
  return [...byScope.values()];
}

/** Why no file can ask for these rights; null: it can. */
function unsaid(level: string, permissions: readonly HeldPermission[]): string | null {
  const rights = permissions.flatMap(({ access }) => access);
  if (rights.length === 0) return "it has no rights (any more)";
  if (rights.some(({ effect }) => effect !== undefined && effect !== "" && effect !== "allow"))
    return "some of its rights are denials";
  if (rights.some(({ resource, action }) => !catalogueWord.test(resource) || !catalogueWord.test(action)))
    return "some of its rights are wildcards of an old Harbor";
  if (level === "project" && permissions.length > 1) return "it is of one project and reaches several";
  return null;
}

/** A private project that it may pull from, else push to. */
function proofOf(permissions: readonly HeldPermission[], privateProjects: readonly string[]) {
  for (const action of ["pull", "push"] as const) {
    const scopes = permissions.filter(
      ({ kind, access }) =>
        kind === "project" && access.some((one) => one.resource === "repository" && one.action === action),
    );
    const project = privateProjects.find((name) =>
      scopes.some(({ namespace }) => namespace === name || namespace === "*"),
    );
    if (project !== undefined) return { repository: `${project}/capstan-proof`, action };
  }
  return null;
}

/** Secrets by name and by who copies them; clusters whose namespaces are the same share a target. */
function targetsOf(holders: readonly Holder[]): readonly FoundTarget[] {
  const places = new Map<string, Set<string>>();
  for (const holder of holders) {
    const key = JSON.stringify([holder.secret, holder.cluster, copiedOf(holder, holders)]);
    places.set(key, (places.get(key) ?? new Set()).add(holder.namespace));
  }
  const targets = new Map<string, FoundTarget>();
  for (const [key, found] of places) {
    const [secret, cluster, copied] = JSON.parse(key) as [string, string, FoundTarget["copied"]];
    const namespaces = [...found].sort();
    const same = JSON.stringify([secret, namespaces, copied]);
    const clusters = [...(targets.get(same)?.clusters ?? []), cluster].sort();
    targets.set(same, { secret, clusters, namespaces, copied });
  }
  return [...targets.values()];
}

/** A pushed copy does not say of what: of the one Secret of its name in that cluster which is no copy. */
function copiedOf({ copy, secret, cluster }: Holder, holders: readonly Holder[]): FoundTarget["copied"] {
  if (copy === undefined) return null;
  const alike = holders.filter((one) => one.secret === secret && one.cluster === cluster && one.copy === undefined);
  const [only] = [...new Set(alike.map(({ namespace }) => `${namespace}/${secret}`))];
  const source = copy.source ?? (alike.length === 1 ? only : undefined);
  return source === undefined ? null : { by: copy.by, source };
}

/** The host under which most of its Secrets know the registry. */
function hostHeld(holders: readonly Holder[]): string {
  const counts = new Map<string, number>();
  for (const { registry } of holders) counts.set(hostOf(registry), (counts.get(hostOf(registry)) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

const placeOf = ({ cluster, namespace, secret, registry }: Holder): string =>
  JSON.stringify([cluster, namespace, secret, hostOf(registry)]);

/**
 * Every robot that Secrets hold and nobody manages, as credentials of one file, those in most Secrets first. An
 * entry of a Secret goes to one of them. `host`: the registry's own, `host[:port]`.
 */
export function findCredentials(found: Discovery, host: string, nowMs: number): FoundCredentials {
  const open = found.robots.filter(({ credential }) => credential === null);
  const held = open.filter(({ heldBy }) => heldBy.length > 0).sort((a, b) => b.heldBy.length - a.heldBy.length);
  const credentials: FoundCredential[] = [];
  const leftOut: LeftOut[] = [];
  const names = new Set<string>();
  const taken = new Set<string>();
  for (const one of held) {
    const made = credentialOf(one, found.installation.privateProjects, host, names, taken);
    const full = credentials.length >= credentialsMax;
    if (typeof made === "string" || full) {
      const why = typeof made === "string" ? made : `a file has at most ${credentialsMax} credentials`;
      leftOut.push({ robot: one.robot.username, secretsCount: one.heldBy.length, why });
      continue;
    }
    names.add(made.name);
    for (const holder of one.heldBy) taken.add(placeOf(holder));
    credentials.push(made);
  }
  const alive = ({ robot }: Discovered) => !robot.disabled && (robot.expiresAtMs === null || robot.expiresAtMs > nowMs);
  const unheld = open.filter((one) => one.heldBy.length === 0 && alive(one)).map(({ robot }) => robot.username);
  return { credentials, leftOut, unheld };
}

function credentialOf(
  { robot, heldBy }: Discovered,
  privateProjects: readonly string[],
  host: string,
  names: ReadonlySet<string>,
  taken: ReadonlySet<string>,
): FoundCredential | string {
  const permissions = merged(robot.permissions);
  const why = unsaid(robot.level, permissions);
  if (why !== null) return why;
  const proof = proofOf(permissions, privateProjects);
  if (proof === null) return "no private project is seen that it may pull from or push to, which proves a new robot";
  const own = hostHeld(heldBy);
  const free = heldBy.filter((holder) => hostOf(holder.registry) === own && !taken.has(placeOf(holder)));
  if (free.length === 0) return "its entries of Secrets go to another credential";
  return {
    name: nameFor(robot.username, names),
    robot: robot.username,
    level: robot.level,
    permissions,
    proof,
    registryHost: own === host ? null : own,
    targets: targetsOf(free),
    secretsCount: free.length,
  };
}
