import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, localFailure } from "./failures.ts";
import type { HeldLock } from "./file-lock.ts";

/** Null: absent. Throws `invalid` (`too-large`), or what the operating system says. */
export async function readWholeFile(path: string, operation: string, bytesMax: number): Promise<Buffer | null> {
  try {
    const file = await open(path, "r");
    try {
      if ((await file.stat()).size > bytesMax) {
        throw localFailure("invalid", operation, `${path}: over ${bytesMax} bytes`, "too-large");
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  // Windows opens no directories; its rename is as durable as it gets.
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Puts `content` in place of the file in one step: at every instant, also after a crash, the old or the
 * new content stands there whole. Mode 0600. Throws `conflict` when the lock is no longer held.
 */
export async function replaceFile(path: string, content: Uint8Array, operation: string, lock: HeldLock): Promise<void> {
  const scratch = await open(lock.scratchPath, "wx", 0o600);
  try {
    await scratch.writeFile(content);
    await scratch.sync();
  } finally {
    await scratch.close();
  }
  if (!(await lock.stillHeld())) {
    throw localFailure("conflict", operation, `${path}: the lock was taken over`, "stale-writer");
  }
  await rename(lock.scratchPath, path);
  await syncDirectory(dirname(path));
}
