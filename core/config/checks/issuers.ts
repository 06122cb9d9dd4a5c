import type { Config, CredentialConfig, RegistryConfig } from "../complete.ts";
import { lookup } from "../lookup.ts";
import type { Finding, PathSegment } from "../problem.ts";
import { suggest } from "../suggest.ts";

type Permission = CredentialConfig["robot"]["permissions"][number];

const roles = ["issuer", "retirer"] as const;
type Role = (typeof roles)[number];

/**
 * A login that is a credential of this file itself (`issuer.credential`): it is one of this registry, kept at home
 * alone, in nobody's pull Secret, and its next robot can do all that it is needed for. A right that is missing would
 * show only after the old robot is gone.
 */
export function checkIssuers(config: Config): readonly Finding[] {
  return Object.entries(config.registries).flatMap(([registry, { issuer, retirer }]) =>
    roles.flatMap((role) => {
      const own = { issuer, retirer }[role]?.credential;
      if (own === undefined) return [];
      const path = ["registries", registry, role, "credential"];
      const credential = lookup(config.credentials, own);
      if (credential === undefined) return [unknown(path, own, Object.keys(config.credentials))];
      if (credential.registry !== registry)
        return [{ path, problem: `is a credential of another registry`, mend: `name one with registry: ${registry}` }];
      const actions = actionsOf(role, retirer !== undefined);
      return [...checkPlace(own, credential), ...checkUsers(config, own, credential, role, actions)];
    }),
  );
}

function unknown(path: readonly PathSegment[], name: string, known: readonly string[]): Finding {
  const near = suggest(name, known);
  const mend = near === null ? `known: ${known.slice(0, 20).join(", ")}` : `did you mean ${near}?`;
  return { path, problem: "names no credential of this file", mend };
}

/** Rights over robots that a role needs where the others' robots are. */
function actionsOf(role: Role, shared: boolean): readonly string[] {
  const retiring = ["list", "read", "delete"];
  return role === "retirer" ? retiring : shared ? ["create"] : ["create", ...retiring];
}

function checkPlace(name: string, { targets, sites }: CredentialConfig): readonly Finding[] {
  const at = ["credentials", name];
  const findings: Finding[] = [];
  if (targets.length > 0)
    findings.push({
      path: [...at, "targets"],
      problem: "would hand a login that mints or deletes robots to pull Secrets",
      mend: "take the targets out; the login is kept in the home's store",
    });
  if (sites.length > 0)
    findings.push({
      path: [...at, "sites"],
      problem: "would copy a login that mints or deletes robots to other sites",
      mend: "take sites out: home alone needs it",
    });
  return findings;
}

function checkUsers(
  config: Config,
  own: string,
  { home, registry, robot }: CredentialConfig,
  role: Role,
  actions: readonly string[],
): readonly Finding[] {
  const findings: Finding[] = [];
  const lacking = new Map<string, string>();
  for (const [name, other] of Object.entries(config.credentials)) {
    if (other.registry !== registry) continue;
    if (other.home !== home)
      findings.push({
        path: ["credentials", name, "home"],
        problem: `is not the home of ${own}, whose store holds the ${role}'s login`,
        mend: `write home: ${home}, or give both the same one`,
      });
    for (const wanted of neededFor(other, role, actions))
      for (const right of notHeld(robot.permissions, wanted)) if (!lacking.has(right)) lacking.set(right, name);
  }
  for (const [right, name] of lacking)
    findings.push({
      path: ["credentials", own, "robot", "permissions"],
      problem: `has no ${right}, which the ${role} needs for ${name}`,
      mend: "a robot hands out what it holds itself, in one entry of that very place or else of *: add it there",
    });
  return findings;
}

/** Rights over robots in the place of the credential's own, and, to mint them, all that they hold. */
function neededFor({ robot }: CredentialConfig, role: Role, actions: readonly string[]): readonly Permission[] {
  const project = robot.level === "project" ? robot.permissions[0]?.namespace : undefined;
  const over = actions.map((action) => ({ resource: "robot", action }));
  const reading = project === undefined ? [] : [{ resource: "project", action: "read" }];
  const place: Permission =
    project === undefined
      ? { kind: "system", namespace: "/", access: over }
      : { kind: "project", namespace: project, access: [...over, ...reading] };
  return role === "issuer" ? [place, ...robot.permissions] : [place];
}

/** As Harbor looks for it: the entry of the very place, else that of all projects; entries are not added up (harbor.md §1.8). */
function notHeld(held: readonly Permission[], wanted: Permission): readonly string[] {
  const entry =
    held.find(({ kind, namespace }) => kind === wanted.kind && namespace === wanted.namespace) ??
    held.find(({ kind, namespace }) => kind === wanted.kind && namespace === "*");
  const place = wanted.kind === "system" ? "the system" : `project ${wanted.namespace}`;
  return wanted.access
    .filter((one) => !entry?.access.some(({ resource, action }) => resource === one.resource && action === one.action))
    .map(({ resource, action }) => `${resource}:${action} on ${place}`);
}

/** Is this credential the one that such a login is rotated by? */
export function isOwnLogin({ issuer, retirer }: RegistryConfig, credential: string): boolean {
  return issuer.credential === credential || retirer?.credential === credential;
}
