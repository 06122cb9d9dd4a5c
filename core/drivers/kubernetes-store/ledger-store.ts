import { createHash } from "node:crypto";
import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/errors.ts";
import type { LedgerRecord, LedgerStore } from "../../ports/ledger-store.ts";
import { Secret } from "../../secret.ts";
import { createSecretApi, type SecretAccess, type SecretContent, type StoredSecret } from "./secret-api.ts";

const system = "kubernetes-ledger";
const textKey = "ledger";
const keyAnnotation = "capstan.dev/ledger-key";
const nonceAnnotation = "capstan.dev/revision";
const nonceBytes = 8;
/** An object may have 1 MiB of data; a ledger of this size is broken long before. */
const textBytesMax = 512 * 1024;

/** Keys have characters that names may not have, and are as long as they like. */
function objectName(key: string): string {
  return `capstan-ledger-${createHash("sha256").update(key).digest("hex").slice(0, 40)}`;
}

function recordOf(secret: StoredSecret): LedgerRecord | null {
  const text = secret.data[textKey];
  return text === undefined ? null : { revision: secret.resourceVersion, text: text.reveal() };
}

/**
 * Ledgers as Secrets of one namespace, one per key, written under the resource version just read. Secrets and not
 * ConfigMaps, so that a runner needs one right; nothing in a ledger is secret. A patch that changes nothing keeps
 * the resource version, so each save writes a random mark too. Rights: as for the store beside it.
 */
export function createKubernetesLedger(options: SecretAccess & { readonly entropy: Entropy }): LedgerStore {
  const api = createSecretApi(options, system);

  function failure(operation: string, key: string, why: string, reason: "bad-reply" | "too-large"): PortError {
    return new PortError("invalid", `${system}: ${operation} ${key}: ${why}`, { system, operation, reason });
  }

  return {
    async load(key) {
      const { secret, serverMs } = await api.get(objectName(key));
      if (secret === null) return { record: null, serverMs };
      const record = recordOf(secret);
      if (record === null) throw failure("load", key, "a Secret that is no ledger", "bad-reply");
      return { record, serverMs };
    },

    async save(key, expected, text) {
      const bytes = Buffer.byteLength(text);
      if (bytes > textBytesMax) throw failure("save", key, `${bytes} bytes, over ${textBytesMax}`, "too-large");
      const content: SecretContent = {
        data: { [textKey]: new Secret(text) },
        annotations: { [keyAnnotation]: key, [nonceAnnotation]: options.entropy.hex(nonceBytes) },
      };
      const name = objectName(key);
      try {
        const { secret, serverMs } = await (expected === null
          ? api.create(name, content)
          : api.patch(name, expected, content));
        return { revision: secret.resourceVersion, serverMs };
      } catch (error) {
        if (!(error instanceof PortError) || !["conflict", "not-found"].includes(error.kind)) throw error;
        const message = `${system}: save ${key}: another writer was first`;
        throw new PortError("conflict", message, { system, operation: "save", reason: "stale-writer" });
      }
    },
  };
}
