import { PortError } from "../../ports/errors.ts";

/**
 * The items of a list as the SDK gives it. Throws `invalid` (`bad-reply`) for a good status without any
 * (a proxy's own page): an empty list says that nothing is there, and that must come from the server.
 */
export function itemsOf<Item>(list: { readonly items: Item[] }, system: string, operation: string): readonly Item[] {
  const items: unknown = list.items;
  if (Array.isArray(items)) return list.items;
  throw new PortError("invalid", `${system}: ${operation}: the reply is no list`, {
    system,
    operation,
    reason: "bad-reply",
  });
}
