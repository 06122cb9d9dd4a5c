import { createHash } from "node:crypto";
import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import { currentLabel } from "./labels.ts";
import { badReply, system } from "./reply-shapes.ts";
import type { Service } from "./service.ts";

const nameOf = (name: string): string => `${name}-round`;

async function read(service: Service, name: string): Promise<{ round: string; versionId: string } | null> {
  const reply = await service.get(nameOf(name), { VersionStage: currentLabel });
  if (reply === null) return null;
  try {
    const parsed: unknown = JSON.parse(reply.SecretString ?? "");
    const round = typeof parsed === "object" && parsed !== null ? (parsed as { round?: unknown }).round : undefined;
    if (typeof round === "string") return { round, versionId: reply.VersionId };
  } catch {
    // Said below: whatever is in there is no round of ours.
  }
  throw badReply("readRound", nameOf(name), "no round in the object");
}

/** The round is a small secret of its own; null when it is absent. */
export async function readRound(service: Service, name: string): Promise<string | null> {
  return (await read(service, name))?.round ?? null;
}

/**
 * Overwrites without a fence (the ledger's CAS came before). The version id follows from what is
 * replaced, so that a repeat is one write and an old round may come again; the same round writes nothing.
 */
export async function writeRound(service: Service, name: string, round: string): Promise<void> {
  const before = await read(service, name);
  if (before?.round === round) return;
  const text = JSON.stringify({ round });
  const token = createHash("sha256")
    .update(`${before?.versionId ?? ""}\n${round}`)
    .digest("hex");
  if (before === null && (await service.create(nameOf(name), text, token))) return;
  await service.put(nameOf(name), new Secret(text), token).catch((error: unknown) => {
    // A version id of ours with another text cannot be; said in the port's words all the same.
    if (error instanceof PortError && error.reason === "already-exists") {
      const message = `${system}: writeRound ${nameOf(name)}: this version holds another round`;
      throw new PortError("conflict", message, { system, operation: "writeRound", reason: "stale-writer" });
    }
    throw error;
  });
}
