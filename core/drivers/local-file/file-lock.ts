import { mkdir, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClaimState, claimPath, createClaim, freeClaim, highestClaim, readClaim, sweepClaims } from "./claims.ts";
import { localFailure } from "./failures.ts";
import { currentOwner, isAlive } from "./process-owner.ts";

export interface LockOptions {
  readonly nowMs: () => number;
  /** How long to wait for a living owner; then `throttled`. */
  readonly waitMs: number;
}

export interface HeldLock {
  /** A file for half-written content: nobody else's, and swept by the next owner. */
  readonly scratchPath: string;
  /** False once a later owner has taken over; then nothing may be written. */
  stillHeld(): Promise<boolean>;
}

/** A claim without content for so long belongs to a process that died before it wrote. */
const unwrittenMsMax = 1_000;
/** Locks are held for milliseconds; one of another machine is given up after this long. */
const foreignHostMsMax = 60_000;

async function isVacant(state: ClaimState, unwrittenForMs: number, nowMs: number): Promise<boolean> {
  if (state === "free" || state === "gone") return true;
  if (state === "unwritten") return unwrittenForMs > unwrittenMsMax;
  const alive = await isAlive(state);
  return alive === null ? nowMs - state.takenAtMs > foreignHostMsMax : !alive;
}

/** Takes the number after `seen` when its owner is done or dead. Null: not this time. */
async function tryTake(
  lockDirectory: string,
  seen: number,
  unwrittenForMs: number,
  options: LockOptions,
): Promise<number | null> {
  const vacant = async () =>
    seen === 0 || (await isVacant(await readClaim(lockDirectory, seen), unwrittenForMs, options.nowMs()));
  if (!(await vacant())) return null;
  const mine = seen + 1;
  const claim = { ...(await currentOwner()), takenAtMs: options.nowMs() };
  if (!(await createClaim(lockDirectory, mine, claim))) return null;
  // Looked at again from behind the new claim: a slow writer may have come to life, a faster one gone past.
  if ((await highestClaim(lockDirectory)) === mine && (await vacant())) return mine;
  await rm(claimPath(lockDirectory, mine), { force: true });
  return null;
}

async function take(lockDirectory: string, operation: string, options: LockOptions): Promise<number> {
  await mkdir(lockDirectory, { recursive: true, mode: 0o700 });
  const startedMs = performance.now();
  let watched = { number: -1, sinceMs: startedMs };
  for (let attempt = 0; ; attempt += 1) {
    const seen = await highestClaim(lockDirectory);
    if (seen !== watched.number) watched = { number: seen, sinceMs: performance.now() };
    const mine = await tryTake(lockDirectory, seen, performance.now() - watched.sinceMs, options);
    if (mine !== null) return mine;
    if (performance.now() - startedMs > options.waitMs) {
      const why = `${lockDirectory} is held by another process for over ${options.waitMs} ms`;
      throw localFailure("throttled", operation, why);
    }
    await sleep(1 + ((attempt * 7) % 11));
  }
}

/**
 * Runs `work` while holding the lock in the directory `<path>.lock`, among all processes of this
 * machine. A living owner is never robbed; a dead one's lock is taken over at once. Throws `throttled`
 * when the wait is over.
 */
export async function withFileLock<Result>(
  path: string,
  operation: string,
  options: LockOptions,
  work: (lock: HeldLock) => Promise<Result>,
): Promise<Result> {
  const lockDirectory = `${path}.lock`;
  const mine = await take(lockDirectory, operation, options);
  try {
    await sweepClaims(lockDirectory, mine);
    return await work({
      scratchPath: `${claimPath(lockDirectory, mine)}.tmp`,
      stillHeld: async () => (await highestClaim(lockDirectory)) === mine,
    });
  } finally {
    await freeClaim(lockDirectory, mine);
  }
}
