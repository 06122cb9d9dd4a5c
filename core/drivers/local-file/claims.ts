import { open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./failures.ts";
import type { ProcessOwner } from "./process-owner.ts";

/**
 * The files of one lock: `<lock>/<number>`, each written once by its owner. The highest number counts,
 * and numbers only grow, so no late process can remove or re-create a claim that somebody else holds.
 */
export interface Claim extends ProcessOwner {
  readonly takenAtMs: number;
}

/** First bytes of a claim; a release overwrites them in place. */
const held = "held";
const free = "free";

/** `unwritten`: its owner has created it and not yet written, or died in between. */
export type ClaimState = Claim | "free" | "unwritten" | "gone";

export function claimPath(lockDirectory: string, number: number): string {
  return join(lockDirectory, String(number));
}

/** The highest number claimed; 0 when there is none. */
export async function highestClaim(lockDirectory: string): Promise<number> {
  const numbers = (await readdir(lockDirectory)).filter((name) => /^\d+$/.test(name)).map(Number);
  return Math.max(0, ...numbers);
}

export async function readClaim(lockDirectory: string, number: number): Promise<ClaimState> {
  let text: string;
  try {
    text = await readFile(claimPath(lockDirectory, number), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "gone";
    throw error;
  }
  if (text.startsWith(free)) return "free";
  if (!text.startsWith(held) || !text.endsWith("\n")) return "unwritten";
  const [, pid, host, birth, takenAtMs] = text.trimEnd().split(" ");
  if (host === undefined || birth === undefined) return "unwritten";
  return { pid: Number(pid), host, birth: birth === "-" ? null : birth, takenAtMs: Number(takenAtMs) };
}

/** False when the number is taken already. */
export async function createClaim(lockDirectory: string, number: number, claim: Claim): Promise<boolean> {
  try {
    const file = await open(claimPath(lockDirectory, number), "wx", 0o600);
    try {
      await file.write(`${held} ${claim.pid} ${claim.host} ${claim.birth ?? "-"} ${claim.takenAtMs}\n`);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

export async function freeClaim(lockDirectory: string, number: number): Promise<void> {
  try {
    const file = await open(claimPath(lockDirectory, number), "r+");
    try {
      await file.write(free, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    // Taken over and swept by a later owner: nothing is left to free.
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** Removes what earlier owners left: their claims and their half-written files. */
export async function sweepClaims(lockDirectory: string, below: number): Promise<void> {
  for (const name of await readdir(lockDirectory)) {
    if (Number.parseInt(name, 10) < below) await rm(join(lockDirectory, name), { force: true });
  }
}
