import { PortError } from "../../ports/errors.ts";
import { type GcpClient, nullIfAbsent } from "../http/gcp-client.ts";
import { createSecret, getSecret, patchSecret } from "../http/gcp-secrets.ts";

const annotation = "capstan-round";
const idOf = (name: string): string => `${name}-round`;

/**
 * The round is an annotation of a secret that has no version: one request to read, one to write, nothing to
 * prune, and no reader of the value needs a right on it. An old answer is an old round, so a site that got
 * one is asked again.
 */
export async function readRound(client: GcpClient, name: string): Promise<string | null> {
  return (await getSecret(client, idOf(name)))?.annotations[annotation] ?? null;
}

/** Overwrites without a fence: the ledger's compare-and-set came before. */
export async function writeRound(client: GcpClient, name: string, round: string): Promise<void> {
  const annotations = { [annotation]: round };
  if ((await nullIfAbsent(patchSecret(client, idOf(name), { annotations }))) !== null) return;
  if ((await createSecret(client, idOf(name), annotations)) !== null) return;
  try {
    await patchSecret(client, idOf(name), { annotations });
  } catch (error) {
    if (!(error instanceof PortError) || error.kind !== "not-found") throw error;
    const message = `${client.system}: writeRound ${name}: made by another writer, and not to be seen yet`;
    throw new PortError("unreachable", message, { system: client.system, operation: "writeRound" });
  }
}
