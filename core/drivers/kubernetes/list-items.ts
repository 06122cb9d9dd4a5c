import { PortError } from "../../ports/errors.ts";

/** As the server sent it. */
interface ListObject {
  readonly kind?: unknown;
  readonly items?: unknown;
}

/**
 * Null: it is no list. An empty one of metadata alone has `items: null` (kube-apiserver 1.37: a nil slice of Go's),
 * which no list of whole objects ever has.
 */
export function itemsIn({ kind, items }: ListObject): readonly unknown[] | null {
  if (Array.isArray(items)) return items;
  return items === null && kind === "PartialObjectMetadataList" ? [] : null;
}

/**
 * The items of a list. Throws `invalid` (`bad-reply`) for a good status without any (a proxy's own page): an empty
 * list says that nothing is there, and that must come from the server.
 */
export function itemsOf(list: ListObject, system: string, operation: string): readonly unknown[] {
  const items = itemsIn(list);
  if (items !== null) return items;
  throw new PortError("invalid", `${system}: ${operation}: the reply is no list`, {
    system,
    operation,
    reason: "bad-reply",
  });
}
