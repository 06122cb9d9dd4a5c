import { createHash, randomBytes } from "node:crypto";
import { withFileLock } from "../../core/drivers/local-file/file-lock.ts";
import { createLocalFileLedger } from "../../core/drivers/local-file/ledger-store.ts";
import { createLocalFileStore } from "../../core/drivers/local-file/secret-store.ts";
import { PortError } from "../../core/ports/errors.ts";
import { Secret } from "../../core/secret.ts";

/**
 * A process to be killed: `write` flips and saves growing numbers for ever and prints each one once it
 * is stored, `hold` takes the ledger's lock and keeps it, `count <n>` adds n to the ledger's number.
 */
const [mode, directory, amount] = process.argv.slice(2);
if (mode === undefined || directory === undefined) throw new Error("usage: <mode> <directory> [amount]");

const options = {
  directory,
  nowMs: () => Date.now(),
  hex: (bytes: number) => randomBytes(bytes).toString("hex"),
};
const ledger = createLocalFileLedger(options);
const store = createLocalFileStore({ ...options, identity: new Secret(process.env["CRASH_TEST_IDENTITY"] ?? "") });

/** A text that shows whether all of it is there. */
function textOf(n: number): string {
  const filler = `${n} `.repeat(1_000 + (n % 7) * 300);
  return JSON.stringify({ n, filler, sum: createHash("sha256").update(filler).digest("hex") });
}

async function writeForEver(): Promise<void> {
  const { record } = await ledger.load("prod/crash");
  let revision = record?.revision ?? null;
  let current = (await store.readCurrent("crash"))?.versionId ?? null;
  const replaced = (await store.listVersions("crash")).filter((one) => !one.current);
  await store.discard(
    "crash",
    replaced.map((one) => one.versionId),
  );
  for (let n = record === null ? 1 : JSON.parse(record.text).n + 1; ; n += 1) {
    const tag = { ledgerId: "crash", epoch: n, generation: n };
    const request = {
      value: new Secret(textOf(n)),
      tag,
      token: `crash-${n}`,
      replaces: current,
      stagedVersionId: null,
    };
    const flipped = await store.flip("crash", request);
    if (current !== null) await store.discard("crash", [current]);
    current = flipped.versionId;
    revision = (await ledger.save("prod/crash", revision, textOf(n))).revision;
    process.stdout.write(`${n}\n`);
  }
}

async function countUp(): Promise<void> {
  try {
    const { record } = await ledger.load("prod/count");
    await ledger.save("prod/count", record?.revision ?? null, String(Number(record?.text ?? "0") + 1));
  } catch (error) {
    if (!(error instanceof PortError) || error.reason !== "stale-writer") throw error;
    await countUp();
  }
}

if (mode === "write") await writeForEver();
if (mode === "count") for (let count = 0; count < Number(amount); count += 1) await countUp();
if (mode === "hold") {
  await withFileLock(`${directory}/prod%2Fheld.json`, "hold", { nowMs: options.nowMs, waitMs: 1_000 }, async () => {
    process.stdout.write("0\n");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });
}
