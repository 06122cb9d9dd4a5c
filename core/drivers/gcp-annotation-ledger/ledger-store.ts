import { PortError } from "../../ports/errors.ts";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import { createGcpClient, type GcpAccess } from "../http/gcp-client.ts";
import { createSecret, type GcpSecret, getSecret, patchSecret } from "../http/gcp-secrets.ts";
import { decodeText, encodeText } from "./annotation-text.ts";
import { ledgerSecretId } from "./secret-id.ts";

const system = "gcp-annotation-ledger";
const annotation = "capstan-ledger";
/** All keys and values of a secret's annotations together stay below it (`resources.proto`). */
const annotationBytesMax = 16 * 1024;

function staleWriter(key: string, why: string): PortError {
  return new PortError("conflict", `${system}: save ${key}: ${why}`, {
    system,
    operation: "save",
    reason: "stale-writer",
  });
}

function annotationsFor(key: string, text: string): Readonly<Record<string, string>> {
  const value = encodeText(text);
  const bytes = Buffer.byteLength(annotation) + Buffer.byteLength(value);
  if (bytes < annotationBytesMax) return { [annotation]: value };
  const message = `${system}: save ${key}: ${bytes} bytes of annotation, fewer than ${annotationBytesMax} are allowed`;
  throw new PortError("invalid", message, { system, operation: "save", reason: "too-large" });
}

/**
 * Ledgers in the annotations of secrets that have no version: one secret per key, its etag is the revision,
 * a save is one create or one patch under the etag. Google allows 2 writes in a second to one secret; more
 * are `throttled`. A load may answer from the past (resource consistency page): the save that
 * follows is refused then, but what is decided without a save is decided on what was read.
 * Rights: `secretmanager.secrets.create`, `.get`, `.update`.
 */
export function createGcpAnnotationLedger(options: GcpAccess): LedgerStore {
  const client = createGcpClient(options, system);

  async function write(key: string, expected: string | null, text: string): Promise<GcpSecret> {
    const annotations = annotationsFor(key, text);
    const id = ledgerSecretId(key);
    if (expected === null) {
      const made = await createSecret(client, id, annotations);
      if (made === null) throw staleWriter(key, "there is one already");
      return made;
    }
    return patchSecret(client, id, { annotations, etag: expected }).catch((error: unknown) => {
      if (!(error instanceof PortError)) throw error;
      if (error.kind === "not-found") throw staleWriter(key, "it is gone");
      throw error.reason === "stale-writer" ? staleWriter(key, "it was written meanwhile") : error;
    });
  }

  return {
    async load(key) {
      const secret = await getSecret(client, ledgerSecretId(key));
      // Absence is told by the service alone; no clock comes with it (the next save brings one).
      if (secret === null) return { record: null, serverMs: null };
      const text = decodeText(secret.annotations[annotation] ?? "");
      if (text === null) {
        const message = `${system}: load ${key}: the secret holds no ledger`;
        throw new PortError("invalid", message, { system, operation: "load", reason: "bad-reply" });
      }
      return { record: { revision: secret.etag, text }, serverMs: secret.serverMs };
    },

    async save(key, expected, text) {
      const { etag, serverMs } = await write(key, expected, text);
      return { revision: etag, serverMs };
    },
  };
}
