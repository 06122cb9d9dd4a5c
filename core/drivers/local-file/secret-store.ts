import type { SecretStore } from "../../ports/secret-store.ts";
import { type StoreLimits, withinLimits } from "../http/store-limits.ts";
import { type AgeIdentity, decryptText, encryptText } from "./age.ts";
import { localFailure } from "./failures.ts";
import { type SiteFileOptions, siteFile } from "./site-file.ts";
import {
  discardFrom,
  emptyContent,
  factsOf,
  flipInto,
  stageInto,
  type ValueContent,
  versionIn,
} from "./value-content.ts";
import { formatContent, parseContent, parseEnvelope, sealEnvelope } from "./value-format.ts";

export interface LocalFileStoreOptions extends SiteFileOptions {
  readonly identity: AgeIdentity;
}

/** File systems take 255 bytes, `.round` and the lock's suffix included; values as much as Secrets Manager and GCP. */
const limits: StoreLimits = {
  system: "local-file",
  namePattern: /^[A-Za-z0-9_.-]+$/,
  nameCharactersMax: 200,
  nameAllows: "letters, digits and _.-",
  valueBytesMax: 65_536,
};

/**
 * The local site's secret store: `<name>.age`, one file per name, encrypted with age to the identity's
 * own recipient (`age -d -i <identity file>` reads it), all versions inside under their ids; and
 * `<name>.round`, which is no secret. A flip is fenced by the version inside, under a lock among
 * processes. Throws `denied` (`bad-credentials`) for another identity, `invalid` for a damaged file,
 * `throttled` when another process holds the lock too long.
 */
export function createLocalFileStore(options: LocalFileStoreOptions): SecretStore {
  const parse = async (bytes: Buffer | null, operation: string, path: string): Promise<ValueContent> => {
    if (bytes === null) return emptyContent;
    return parseContent(await decryptText(bytes, options.identity, operation, path), operation, path);
  };

  const load = async (name: string, operation: string): Promise<ValueContent> => {
    const file = siteFile(options, name, ".age");
    return parse(await file.read(operation), operation, file.path);
  };

  const change = async <Change extends { readonly content: ValueContent }>(
    name: string,
    operation: string,
    decide: (content: ValueContent) => Change,
  ): Promise<Change> => {
    const file = siteFile(options, name, ".age");
    return file.update(operation, async (bytes) => {
      const before = await parse(bytes, operation, file.path);
      const result = decide(before);
      if (result.content === before) return { content: null, result };
      return { content: await encryptText(formatContent(result.content), options.identity, operation), result };
    });
  };

  const fresh = () => ({ versionId: `f${options.hex(12)}`, createdAtMs: options.nowMs() });

  const readVersion: SecretStore["readVersion"] = async (name, versionId) => {
    const found = versionIn(await load(name, "readVersion"), versionId);
    if (found === null) throw localFailure("not-found", "readVersion", `no version ${versionId} of ${name}`);
    return { versionId, value: found.value };
  };

  const store: SecretStore = {
    readVersion,

    async stage(name, value, tag, token) {
      const { versionId } = await change(name, "stage", (content) =>
        stageInto(content, { value, tag, token }, fresh()),
      );
      return { versionId };
    },

    async readCurrent(name) {
      const content = await load(name, "readCurrent");
      const { current } = content;
      const found = versionIn(content, current);
      return current === null || found === null ? null : { versionId: current, value: found.value };
    },

    async flip(name, request) {
      const { versionId } = await change(name, "flip", (content) => flipInto(content, request, fresh()));
      return { versionId };
    },

    async readRound(name) {
      const file = siteFile(options, name, ".round");
      const bytes = await file.read("readRound");
      if (bytes === null) return null;
      const { round } = parseEnvelope(bytes.toString("utf8"), "readRound", file.path);
      if (typeof round === "string") return round;
      throw localFailure("invalid", "readRound", `${file.path}: damaged (no round)`, "bad-reply");
    },

    async writeRound(name, round) {
      await siteFile(options, name, ".round").update("writeRound", async () => ({
        content: sealEnvelope({ round }),
        result: undefined,
      }));
    },

    async listVersions(name) {
      return factsOf(await load(name, "listVersions"));
    },

    async discard(name, versionIds) {
      await change(name, "discard", (content) => ({ content: discardFrom(content, versionIds) }));
    },
  };
  return withinLimits(store, limits);
}
