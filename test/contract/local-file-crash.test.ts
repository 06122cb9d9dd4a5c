import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAgeIdentity } from "../../core/drivers/local-file/age.ts";
import { createLocalFileLedger } from "../../core/drivers/local-file/ledger-store.ts";
import { createLocalFileStore } from "../../core/drivers/local-file/secret-store.ts";
import type { Secret } from "../../core/secret.ts";
import { expectPortError } from "./contract-case.ts";

const childPath = fileURLToPath(new URL("./local-file-crash-child.ts", import.meta.url));
const kills = 20;

let directory: string;
let identity: Secret;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "capstan-crash-"));
  identity = (await createAgeIdentity()).identity;
});
afterAll(() => rm(directory, { recursive: true }));

const optionsIn = (lockWaitMs = 10_000) => ({
  directory,
  lockWaitMs,
  nowMs: () => Date.now(),
  hex: (bytes: number) => randomBytes(bytes).toString("hex"),
});

interface Running {
  readonly child: ChildProcess;
  /** The numbers printed so far. */
  readonly printed: number[];
}

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [childPath, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, CRASH_TEST_IDENTITY: identity.reveal() },
  });
  const printed: number[] = [];
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    printed.push(...lines.map(Number));
  });
  return { child, printed };
}

async function untilPrinted({ printed }: Running): Promise<void> {
  for (let waits = 0; printed.length === 0; waits += 1) {
    if (waits > 2_000) throw new Error("the child printed nothing");
    await sleep(5);
  }
}

async function kill({ child }: Running): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

/** The number in a whole text; fails on a torn one. */
function numberIn(text: string): number {
  const { n, filler, sum } = JSON.parse(text);
  expect(createHash("sha256").update(filler).digest("hex")).toBe(sum);
  return n;
}

test(`ledger and store are whole after each of ${kills} kills`, async () => {
  const ledger = createLocalFileLedger(optionsIn());
  const store = createLocalFileStore({ ...optionsIn(), identity });
  let killedInWrite = 0;
  // Some kills must come in the middle of a write, or this test shows nothing: on a slow machine it takes more.
  for (let round = 0; round < kills || (killedInWrite === 0 && round < 5 * kills); round += 1) {
    const running = start("write", directory);
    await untilPrinted(running);
    await sleep((round * 7) % 40);
    await kill(running);

    const promised = running.printed.at(-1) ?? 0;
    const saved = numberIn((await ledger.load("prod/crash")).record?.text ?? "");
    const flipped = numberIn((await store.readCurrent("crash"))?.value.reveal() ?? "");
    expect(saved).toBeGreaterThanOrEqual(promised);
    expect(saved).toBeLessThanOrEqual(promised + 1);
    // The flip comes before the save, so it may be one ahead.
    expect(flipped - saved).toBeOneOf([0, 1]);
    expect((await store.listVersions("crash")).length).toBeLessThanOrEqual(2);
    const lockFiles = await readdir(directory, { recursive: true });
    killedInWrite += lockFiles.some((name) => name.endsWith(".tmp")) ? 1 : 0;

    // A writer that outlived the save it was killed in goes on where the store stands.
    if (flipped > saved) {
      const { record } = await ledger.load("prod/crash");
      const text = (await store.readCurrent("crash"))?.value.reveal() ?? "";
      await ledger.save("prod/crash", record?.revision ?? null, text);
    }
  }
  expect(killedInWrite).toBeGreaterThan(0);
}, 60_000);

test("the lock of a living process is respected, that of a dead one taken over at once", async () => {
  const holder = start("hold", directory);
  await untilPrinted(holder);
  await expectPortError(createLocalFileLedger(optionsIn(150)).save("prod/held", null, "x"), "throttled");
  await kill(holder);
  const startedMs = performance.now();
  await createLocalFileLedger(optionsIn()).save("prod/held", null, "mine");
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});

test("processes that count together lose no count", async () => {
  const children = [start("count", directory, "15"), start("count", directory, "15"), start("count", directory, "15")];
  const exits = await Promise.all(children.map(({ child }) => once(child, "close")));
  expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);
  expect((await createLocalFileLedger(optionsIn()).load("prod/count")).record?.text).toBe("45");
});

async function leaveClaim(key: string, claim: string): Promise<void> {
  const lockDirectory = join(directory, `${encodeURIComponent(key)}.json.lock`);
  await mkdir(lockDirectory, { recursive: true });
  await writeFile(join(lockDirectory, "7"), claim);
}

test("a claim that its owner never wrote is taken over after a second", async () => {
  await leaveClaim("prod/unwritten", "");
  await expectPortError(createLocalFileLedger(optionsIn(300)).save("prod/unwritten", null, "x"), "throttled");
  await createLocalFileLedger(optionsIn()).save("prod/unwritten", null, "x");
});

test("a lock of another machine is respected for a minute", async () => {
  const ledger = createLocalFileLedger(optionsIn(150));
  await leaveClaim("prod/far", `held 1 another-host 99 ${Date.now() - 1_000}\n`);
  await expectPortError(ledger.save("prod/far", null, "x"), "throttled");
  await leaveClaim("prod/far", `held 1 another-host 99 ${Date.now() - 61_000}\n`);
  await ledger.save("prod/far", null, "x");
});

test.runIf(process.platform === "linux")("a process id that came again does not keep a lock", async () => {
  await leaveClaim("prod/reborn", `held ${process.pid} ${hostname()} 1 ${Date.now()}\n`);
  await createLocalFileLedger(optionsIn(150)).save("prod/reborn", null, "x");
});
