import { PortError } from "../../ports/errors.ts";
import type { SecretApi, SecretContent, StoredSecret } from "./secret-api.ts";

const attemptsMax = 8;

/** What to write over what was just read; null: nothing to do. */
export type Decide = (found: StoredSecret | null) => SecretContent | null;

/**
 * Reads, decides and writes if nobody wrote meanwhile; else again. `decide` throws where the change is no longer
 * wanted. Gives the object as it then stands.
 */
export async function change(
  api: SecretApi,
  name: string,
  operation: string,
  decide: Decide,
): Promise<StoredSecret | null> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const { secret } = await api.get(name);
    const content = decide(secret);
    if (content === null) return secret;
    try {
      const written = secret === null ? api.create(name, content) : api.patch(name, secret.resourceVersion, content);
      return (await written).secret;
    } catch (error) {
      // Made, changed or deleted between our reading and our writing.
      if (!(error instanceof PortError) || !["conflict", "not-found"].includes(error.kind)) throw error;
    }
  }
  const { system } = api;
  const message = `${system}: ${operation} ${name}: other writers were always first`;
  throw new PortError("conflict", message, { system, operation, reason: "stale-writer" });
}
