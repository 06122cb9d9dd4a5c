import { type HarborState, versionAtLeast } from "./state.ts";

/** `GET /permissions` of v2.15.2: 70 + 70 entries (harbor.md §4, recorded in 01-system). `robot:update` is not among them. */
const crudl = ["read", "create", "delete", "list", "update"];

const system: readonly (readonly [string, readonly string[]])[] = [
  ["audit-log", ["list"]],
  ["preheat-instance", crudl],
  ["project", ["list", "create"]],
  ["replication-policy", crudl],
  ["replication", ["read", "create", "list"]],
  ["replication-adapter", ["list"]],
  ["registry", crudl],
  ["scan-all", ["read", "update", "stop", "create"]],
  ["system-volumes", ["read"]],
  ["garbage-collection", ["read", "create", "list", "update", "stop"]],
  ["purge-audit", ["read", "create", "list", "update", "stop"]],
  ["jobservice-monitor", ["list", "stop"]],
  ["scanner", crudl],
  ["label", ["read", "create", "delete", "update"]],
  ["security-hub", ["read", "list"]],
  ["catalog", ["read"]],
  ["quota", ["read", "list"]],
  ["robot", ["create", "read", "list", "delete"]],
  ["user", ["create", "read", "update", "list", "delete"]],
  ["ldap-user", ["create", "list"]],
  ["quota", ["update"]],
  ["user-group", ["create", "read", "update", "list", "delete"]],
];

const project: readonly (readonly [string, readonly string[]])[] = [
  ["log", ["list"]],
  ["project", ["read", "delete", "update"]],
  ["metadata", crudl],
  ["repository", ["read", "update", "delete", "list", "pull", "push"]],
  ["artifact", ["read", "create", "list", "delete"]],
  ["scan", ["create", "read", "stop"]],
  ["sbom", ["create", "stop", "read"]],
  ["tag", ["create", "list", "delete"]],
  ["accessory", ["list"]],
  ["artifact-addition", ["read"]],
  ["artifact-label", ["create", "delete"]],
  ["scanner", ["create", "read"]],
  ["preheat-policy", crudl],
  ["immutable-tag", ["create", "delete", "list", "update"]],
  ["notification-policy", crudl],
  ["tag-retention", crudl],
  ["label", crudl],
  ["quota", ["read"]],
  ["robot", ["create", "read", "list", "delete"]],
  ["export-cve", ["create", "read"]],
  ["member", ["create", "read", "update", "list", "delete"]],
];

interface CatalogueEntry {
  readonly action: string;
  readonly resource: string;
}

/** Oldest minor of Harbor 2 that grants it, where that is not 2.10 (harbor.md §4): kind:resource, or with its action. */
const since: Readonly<Record<string, number>> = {
  "system:quota": 11,
  "system:quota:update": 12,
  "system:robot": 12,
  "system:user": 12,
  "system:ldap-user": 12,
  "system:user-group": 12,
  "project:sbom": 11,
  "project:quota": 11,
  "project:robot": 12,
  "project:member": 12,
  "project:export-cve": 13,
};

function flatten(state: HarborState, kind: "system" | "project", entries: typeof system): readonly CatalogueEntry[] {
  return entries.flatMap(([resource, actions]) =>
    actions
      .map((action) => ({ action, resource }))
      .filter(({ action }) => {
        const minor = since[`${kind}:${resource}:${action}`] ?? since[`${kind}:${resource}`] ?? 10;
        return versionAtLeast(state, 2, minor);
      }),
  );
}

export function catalogueOf(state: HarborState): Readonly<Record<"project" | "system", readonly CatalogueEntry[]>> {
  return { project: flatten(state, "project", project), system: flatten(state, "system", system) };
}

/** Before 2.10 there was no catalogue: everything could be granted. */
export function inCatalogue(state: HarborState, kind: "system" | "project", resource: string, action: string): boolean {
  if (!versionAtLeast(state, 2, 10)) return true;
  return catalogueOf(state)[kind].some((entry) => entry.resource === resource && entry.action === action);
}
