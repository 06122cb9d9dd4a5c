import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createAgeIdentity } from "../../core/drivers/local-file/age.ts";
import { createLocalFileLedger } from "../../core/drivers/local-file/ledger-store.ts";
import { createLocalFileStore } from "../../core/drivers/local-file/secret-store.ts";
import { Secret } from "../../core/secret.ts";
import { portErrorOf } from "./contract-case.ts";
import { flipRequest } from "./secret-store-fixtures.ts";

const canary = "cAnArY-51b0aa-file";

let root: string;
let directory: string;
let identity: Secret;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "capstan-errors-"));
  identity = (await createAgeIdentity()).identity;
});
beforeEach(() => {
  directory = join(root, randomBytes(4).toString("hex"), "site");
});
afterAll(() => rm(root, { recursive: true }));

const options = () => ({
  directory,
  nowMs: () => 1_700_000_000_000,
  hex: (bytes: number) => randomBytes(bytes).toString("hex"),
});

async function storeWithValue() {
  const store = createLocalFileStore({ ...options(), identity });
  const value = new Secret(JSON.stringify({ password: canary }));
  const { versionId } = await store.flip("pull", flipRequest("pull", 1, { value }));
  return { store, versionId, path: join(directory, "pull.age") };
}

/** Nothing of a value or an identity, anywhere in the error and what it carries. */
async function quietErrorOf(promise: Promise<unknown>) {
  const error = await portErrorOf(promise);
  const printed = inspect(error, { depth: 12, showHidden: true });
  expect(printed).not.toContain(canary);
  expect(printed).not.toContain(identity.reveal());
  expect(error.cause).toBeUndefined();
  return error;
}

test("files are for their owner alone, and no value stands in them", async () => {
  const { path, store } = await storeWithValue();
  await store.writeRound("pull", "00ff");
  await createLocalFileLedger(options()).save("prod/pull@site/local", null, "{}");
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  const files = ["pull.age", "pull.round", "prod%2Fpull%40site%2Flocal.json"];
  for (const file of files) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  const listed = (await readdir(directory)).filter((name) => !name.endsWith(".lock"));
  expect(listed.sort()).toEqual([...files].sort());
  const bytes = await readFile(path);
  expect(bytes.subarray(0, 21).toString()).toBe("age-encryption.org/v1");
  expect(bytes.includes(canary)).toBe(false);
});

test("another identity is denied, and the file named", async () => {
  const { path } = await storeWithValue();
  const other = await createAgeIdentity();
  const store = createLocalFileStore({ ...options(), identity: () => other.identity });
  for (const attempt of [store.readCurrent("pull"), store.flip("pull", flipRequest("pull", 2))]) {
    const error = await quietErrorOf(attempt);
    expect([error.kind, error.reason]).toEqual(["denied", "bad-credentials"]);
    expect(error.message).toContain(path);
    expect(error.message).not.toContain(other.identity.reveal());
  }
});

test("an identity that is none is denied", async () => {
  await storeWithValue();
  const malformed = `${identity.reveal().slice(0, -4)}QQQQ`;
  for (const text of ["", "not an identity", malformed]) {
    const store = createLocalFileStore({ ...options(), identity: new Secret(text) });
    for (const attempt of [store.readCurrent("pull"), store.flip("new", flipRequest("new", 1))]) {
      const error = await quietErrorOf(attempt);
      expect([error.kind, error.reason]).toEqual(["denied", "bad-credentials"]);
      expect(inspect(error)).not.toContain(malformed.slice(20, 40));
    }
  }
});

test("an identity file as age-keygen writes it is understood", async () => {
  const { versionId } = await storeWithValue();
  const file = new Secret(`# created: 2025-01-01\n# public key: age1xyz\n${identity.reveal()}\n`);
  const store = createLocalFileStore({ ...options(), identity: async () => file });
  expect((await store.readCurrent("pull"))?.versionId).toBe(versionId);
});

test.for([
  ["emptied", (path: string) => truncate(path, 0)],
  ["cut short", async (path: string) => truncate(path, (await stat(path)).size - 3)],
  ["overwritten", (path: string) => writeFile(path, `${canary} is no age file`)],
] as const)("a value file %s is invalid, and stays as it is", async ([, damage]) => {
  const { path, store } = await storeWithValue();
  await damage(path);
  const before = await readFile(path);
  for (const attempt of [store.readCurrent("pull"), store.flip("pull", flipRequest("pull", 2))]) {
    const error = await quietErrorOf(attempt);
    expect(error.kind).toBe("invalid");
    expect(error.message).toContain(path);
  }
  expect(await readFile(path)).toEqual(before);
});

test.for([
  ["no JSON", `{"format":1,"text":"${canary}`],
  ["no object", `["${canary}"]`],
  ["no format", `{"revision":"1","text":"${canary}"}`],
  ["no revision", `{"format":1,"text":"${canary}"}`],
  ["of a newer capstan", `{"format":2,"revision":"1","text":"${canary}"}`],
] as const)("a ledger file with %s is invalid, and stays as it is", async ([, text]) => {
  const ledger = createLocalFileLedger(options());
  await ledger.save("prod/pull", null, "{}");
  const path = join(directory, "prod%2Fpull.json");
  await writeFile(path, text);
  for (const attempt of [ledger.load("prod/pull"), ledger.save("prod/pull", null, "{}")]) {
    const error = await quietErrorOf(attempt);
    expect(error.kind).toBe("invalid");
    expect(error.message).toContain(path);
  }
  expect(await readFile(path, "utf8")).toBe(text);
});

test("a damaged round is invalid", async () => {
  const { store } = await storeWithValue();
  await writeFile(join(directory, "pull.round"), "{}");
  expect((await quietErrorOf(store.readRound("pull"))).kind).toBe("invalid");
});

test("values and names beyond the limits are refused before anything is written", async () => {
  const { store } = await storeWithValue();
  const value = new Secret("x".repeat(65_537));
  const error = await quietErrorOf(store.flip("big", flipRequest("big", 1, { value })));
  expect([error.kind, error.reason]).toEqual(["invalid", "too-large"]);
  expect((await quietErrorOf(store.readCurrent("n".repeat(300)))).kind).toBe("invalid");
  expect((await quietErrorOf(store.readCurrent(""))).kind).toBe("invalid");
  expect(await readdir(directory)).not.toContain("big.age");
});

test("a file where the directory should be is invalid", async () => {
  await storeWithValue();
  const inside = { ...options(), directory: join(directory, "pull.age") };
  const error = await quietErrorOf(createLocalFileLedger(inside).load("prod/pull"));
  expect(error.kind).toBe("invalid");
});

test("no key leaves the directory", async () => {
  const ledger = createLocalFileLedger(options());
  await ledger.save("../../outside", null, "x");
  expect(await readdir(directory)).toContain("..%2F..%2Foutside.json");
});

test("reading never waits for the lock, and leaves no trace in an absent directory", async () => {
  const store = createLocalFileStore({ ...options(), identity });
  expect(await store.readCurrent("pull")).toBeNull();
  await expect(stat(directory)).rejects.toThrow("ENOENT");
});
