import { join } from "node:path";
import { readWholeFile, replaceFile } from "./atomic-file.ts";
import { fileFailure, localFailure } from "./failures.ts";
import { withFileLock } from "./file-lock.ts";

export interface SiteFileOptions {
  /** Created (mode 0700) by the first write. */
  readonly directory: string;
  readonly nowMs: () => number;
  /** Lower-case hexadecimal text of so many random bytes. */
  readonly hex: (bytes: number) => string;
  /** How long a write waits for another process; 10 s when left out. */
  readonly lockWaitMs?: number;
}

export interface SiteFile {
  readonly path: string;
  /** Null: absent. Never waits for a writer. */
  read(operation: string): Promise<Buffer | null>;
  /** Reads, lets `decide` make the new content, puts it in place; all under the file's lock. Null: leave it. */
  update<Result>(
    operation: string,
    decide: (
      content: Buffer | null,
    ) => Promise<{ readonly content: Uint8Array | string | null; readonly result: Result }>,
  ): Promise<Result>;
}

const lockWaitMsDefault = 10_000;
const fileBytesMax = 4 * 1024 * 1024;
/** File systems end at 255 bytes; the lock's directory adds a suffix. */
const fileNameBytesMax = 240;

/** One file of the site. `key` may hold any character: it is percent-encoded for the file's name. */
export function siteFile(options: SiteFileOptions, key: string, suffix: ".age" | ".round" | ".json"): SiteFile {
  const fileName = `${encodeURIComponent(key)}${suffix}`;
  const path = join(options.directory, fileName);
  const lockOptions = { nowMs: options.nowMs, waitMs: options.lockWaitMs ?? lockWaitMsDefault };

  const guarded = async <Result>(operation: string, work: () => Promise<Result>): Promise<Result> => {
    if (key === "" || fileName.length > fileNameBytesMax) {
      throw localFailure("invalid", operation, `a name of ${key.length} characters makes no file name`);
    }
    try {
      return await work();
    } catch (error) {
      throw fileFailure(error, operation, path);
    }
  };

  return {
    path,
    read: (operation) => guarded(operation, () => readWholeFile(path, operation, fileBytesMax)),
    update: (operation, decide) =>
      guarded(operation, () =>
        withFileLock(path, operation, lockOptions, async (lock) => {
          const decided = await decide(await readWholeFile(path, operation, fileBytesMax));
          if (decided.content === null) return decided.result;
          const bytes = typeof decided.content === "string" ? Buffer.from(decided.content) : decided.content;
          if (bytes.length > fileBytesMax) {
            throw localFailure("invalid", operation, `${path}: over ${fileBytesMax} bytes`, "too-large");
          }
          await replaceFile(path, bytes, operation, lock);
          return decided.result;
        }),
      ),
  };
}
