import type { HeldPermission } from "../ports/issuer.ts";

/** Everything but `allow`, or nothing at all, denies (harbor.md §1.3). */
const denies = (effect: string | undefined): boolean => effect !== undefined && effect !== "" && effect !== "allow";

/**
 * Rights as a set, one text for each: `project:apps:repository:pull`. Order, repetitions, several entries for one
 * project and a spelled-out `allow` make no difference; a denied right is another one.
 */
export function rightsOf(permissions: readonly HeldPermission[]): readonly string[] {
  const all = permissions.flatMap(({ kind, namespace, access }) =>
    access.map(
      ({ resource, action, effect }) => `${kind}:${namespace}:${resource}:${action}${denies(effect) ? ":deny" : ""}`,
    ),
  );
  return [...new Set(all)].sort();
}

/** The set as one text, as ledgers keep it. */
export const rightsText = (permissions: readonly HeldPermission[]): string => rightsOf(permissions).join(",");

export interface RightsDifference {
  readonly more: readonly string[];
  readonly less: readonly string[];
}

/** What `found` has beyond `wanted`, and what it lacks; both as ledgers keep them. Null: the same set. */
export function rightsDifference(found: string, wanted: string): RightsDifference | null {
  const setOf = (text: string) => new Set(text.split(",").filter((right) => right !== ""));
  const [has, wants] = [setOf(found), setOf(wanted)];
  const more = [...has].filter((right) => !wants.has(right)).map(shown);
  const less = [...wants].filter((right) => !has.has(right)).map(shown);
  return more.length + less.length === 0 ? null : { more, less };
}

/** `repository:pull on project apps` */
function shown(right: string): string {
  const [kind, namespace, resource, action, deny] = right.split(":");
  const place = kind === "system" ? "the system" : namespace === "*" ? "all projects" : `project ${namespace}`;
  return `${resource}:${action} on ${place}${deny === undefined ? "" : " (denied)"}`;
}

const namedMax = 5;

function some(rights: readonly string[]): string {
  const more = rights.length - namedMax;
  return `${rights.slice(0, namedMax).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** `more: …; less: …`, the first few of each. */
export function differenceText({ more, less }: RightsDifference): string {
  const parts = [more.length > 0 ? `more: ${some(more)}` : "", less.length > 0 ? `less: ${some(less)}` : ""];
  return parts.filter((part) => part !== "").join("; ");
}
