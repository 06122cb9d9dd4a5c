import type { LedgerRecord, LedgerStore } from "../../ports/ledger-store.ts";
import { localFailure } from "./failures.ts";
import { type SiteFileOptions, siteFile } from "./site-file.ts";
import { parseEnvelope, sealEnvelope } from "./value-format.ts";

function parseRecord(bytes: Buffer | null, operation: string, path: string): LedgerRecord | null {
  if (bytes === null) return null;
  const { revision, text } = parseEnvelope(bytes.toString("utf8"), operation, path);
  if (typeof revision === "string" && typeof text === "string") return { revision, text };
  throw localFailure("invalid", operation, `${path}: damaged (no revision or text)`, "bad-reply");
}

/**
 * The local site's ledgers: `<key, percent-encoded>.json`, an envelope of a random revision and the
 * text, replaced whole under a lock among processes. A file system has no clock but ours, so
 * `serverMs` is null. Throws `invalid` for a damaged file, naming it.
 */
export function createLocalFileLedger(options: SiteFileOptions): LedgerStore {
  return {
    async load(key) {
      const file = siteFile(options, key, ".json");
      return { record: parseRecord(await file.read("load"), "load", file.path), serverMs: null };
    },

    async save(key, expected, text) {
      const file = siteFile(options, key, ".json");
      return file.update("save", async (bytes) => {
        const stored = parseRecord(bytes, "save", file.path)?.revision ?? null;
        if (stored !== expected) {
          const why = `${file.path} is at ${stored ?? "none"}, not ${expected ?? "none"}`;
          throw localFailure("conflict", "save", why, "stale-writer");
        }
        const revision = options.hex(16);
        return { content: sealEnvelope({ revision, text }), result: { revision, serverMs: null } };
      });
    },
  };
}
