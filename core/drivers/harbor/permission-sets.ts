import type { HeldPermission } from "../../ports/issuer.ts";
import type { Permission } from "../../ports/registry.ts";

const scopeOf = ({ kind, namespace }: { readonly kind: string; readonly namespace: string }) => `${kind}:${namespace}`;
const rightOf = ({ resource, action }: { readonly resource: string; readonly action: string }) =>
  `${resource}:${action}`;

/** Rights of one scope that allow: a spelled-out `allow` counts for use, every other effect denies (harbor.md §10.52). */
function allowed(entry: HeldPermission): ReadonlySet<string> {
  const denied = new Set(
    entry.access.filter(({ effect }) => (effect ?? "allow") !== "allow" && effect !== "").map(rightOf),
  );
  return new Set(entry.access.map(rightOf).filter((right) => !denied.has(right)));
}

/** May the holder do this at the system (`/`) or on that project? */
export function mayUse(
  held: readonly HeldPermission[],
  kind: "system" | "project",
  namespace: string,
  right: string,
): boolean {
  return held.some((entry) => {
    const reaches = entry.namespace === namespace || (kind === "project" && entry.namespace === "*");
    return entry.kind === kind && reaches && allowed(entry).has(right);
  });
}

/**
 * Rights of `wanted` that a maker who holds `held` cannot hand out: they must stand in **one** entry, that of
 * the very scope, else that of all projects, without an effect (harbor.md §1.8).
 */
export function notCovered(
  held: readonly HeldPermission[],
  wanted: readonly Permission[],
  wildcard: boolean,
): readonly string[] {
  return wanted.flatMap((permission) => {
    const entry =
      held.find((own) => scopeOf(own) === scopeOf(permission)) ??
      (wildcard ? held.find((own) => own.kind === permission.kind && own.namespace === "*") : undefined);
    const literal = new Set((entry?.access ?? []).filter(({ effect }) => !effect).map(rightOf));
    return permission.access
      .map(rightOf)
      .filter((right) => !literal.has(right))
      .map((right) => `${right} on ${permission.kind === "system" ? "system" : `project ${permission.namespace}`}`);
  });
}
