import { PortError } from "../../ports/errors.ts";

/**
 * The items of a list. Throws `invalid` (`bad-reply`) for a good status without any (a proxy's own page): an empty
 * list says that nothing is there, and that must come from the server.
 */
export function itemsOf(
  list: Readonly<Record<string, unknown>>,
  system: string,
  operation: string,
): readonly unknown[] {
  const { items } = list;
  if (Array.isArray(items)) return items;
  throw new PortError("invalid", `${system}: ${operation}: the reply is no list`, {
    system,
    operation,
    reason: "bad-reply",
  });
}
