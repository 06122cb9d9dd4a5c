import { PortError } from "../../ports/errors.ts";
import type { Secret } from "../../secret.ts";
import type { GcpClient } from "../http/gcp-client.ts";
import { accessVersion } from "./versions.ts";

/** How many versions of unknown origin are looked into, newest first: an interrupted call leaves one. */
export const lookedIntoMax = 10;

export function staleWriter(client: GcpClient, operation: string, name: string, why: string): PortError {
  const message = `${client.system}: ${operation} ${name}: ${why}`;
  return new PortError("conflict", message, { system: client.system, operation, reason: "stale-writer" });
}

/** The first of these versions that holds exactly this value; null where none does. */
export async function findHolder(
  client: GcpClient,
  id: string,
  numbers: readonly number[],
  value: Secret,
): Promise<number | null> {
  for (const number of numbers.slice(0, lookedIntoMax)) {
    const held = await accessVersion(client, id, number).catch((error: unknown) => {
      if (error instanceof PortError && error.reason === "disabled") return null;
      throw error;
    });
    if (held?.value.equals(value)) return number;
  }
  return null;
}
