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
  ["quota", ["read", "list", "update"]],
  ["robot", ["create", "read", "list", "delete"]],
  ["user", ["create", "read", "update", "list", "delete"]],
  ["ldap-user", ["create", "list"]],
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

function flatten(entries: typeof system): readonly { readonly action: string; readonly resource: string }[] {
  return entries.flatMap(([resource, actions]) => actions.map((action) => ({ action, resource })));
}

export const catalogue = { project: flatten(project), system: flatten(system) } as const;

export function inCatalogue(kind: "system" | "project", resource: string, action: string): boolean {
  return catalogue[kind].some((entry) => entry.resource === resource && entry.action === action);
}
