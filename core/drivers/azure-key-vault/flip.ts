import { PortError } from "../../ports/errors.ts";
import type { FlipRequest } from "../../ports/secret-store.ts";
import { decodeVersion, epochOf, ledgerIdOf, system, tagsOf, tokenOf } from "./names.ts";
import type { VaultSecrets, VaultVersion } from "./vault-secrets.ts";

const operation = "flip";
const confirmAttemptsMax = 3;
const confirmPauseMs = 500;

export const valueContentType = "application/json";

function lostRace(name: string, why: string): PortError {
  return new PortError("conflict", `${system}: ${operation} ${name}: ${why}`, {
    system,
    operation,
    reason: "stale-writer",
  });
}

/** A value that a recovery brought back may be written over only by a later epoch of the same ledger. */
function isOlder(recovered: VaultVersion | null, request: FlipRequest): boolean {
  if (recovered === null) return true;
  const epoch = epochOf(recovered.tags);
  return ledgerIdOf(recovered.tags) === request.tag.ledgerId && epoch !== null && epoch < request.tag.epoch;
}

/**
 * Makes a value current. **There is no fence**: Key Vault knows no If-Match (standins.md §3), so
 * between the check and the write somebody else may write too, and the later write wins. The value is
 * read again afterwards, which names every race but one: a writer that checked before our write and
 * writes after our reading. The next tick finds and repairs that.
 */
export async function flipCurrent(
  secrets: VaultSecrets,
  name: string,
  request: FlipRequest,
  sleep: (ms: number) => Promise<void>,
): Promise<string> {
  const current = await secrets.read(operation, name);
  if (current !== null && tokenOf(current.tags) === request.token && current.value.equals(request.value)) {
    return current.id;
  }
  const replaced = request.replaces === null ? null : (decodeVersion(request.replaces) ?? { place: "next", id: "" });
  const asRead = replaced === null ? current === null : replaced.place === "main" && replaced.id === current?.id;
  if (!asRead) throw lostRace(name, "another version is current");

  const content = {
    text: request.value.reveal(),
    tags: tagsOf(request.tag, request.token),
    contentType: valueContentType,
  };
  const written = await secrets.write(operation, name, content, (recovered) => isOlder(recovered, request));
  for (let attempt = 1; attempt <= confirmAttemptsMax; attempt += 1) {
    const seen = await secrets.read(operation, name);
    if (seen?.id === written) return written;
    // A version that was current once never becomes so again: this reading is from before our write.
    const stale = seen === null || seen.id === current?.id;
    if (!stale) throw lostRace(name, "written over at once");
    if (attempt < confirmAttemptsMax) await sleep(confirmPauseMs);
  }
  throw new PortError("unreachable", `${system}: ${operation} ${name}: written, but not to be seen`, {
    system,
    operation,
  });
}
