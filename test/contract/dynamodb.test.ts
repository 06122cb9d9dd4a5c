import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createDynamoLedger } from "../../core/drivers/dynamodb/ledger-store.ts";
import { Secret } from "../../core/secret.ts";
import { throttledFault } from "../../functions/sandbox/aws/replies.ts";
import { type AwsHarness, ledgerTable, secretAccessKey, startAwsHarness } from "./aws-fixtures.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";

let harness: AwsHarness;
let key = "";
let keys = 0;

beforeAll(async () => {
  harness = await startAwsHarness();
});
afterAll(() => harness.close());
beforeEach(() => {
  keys += 1;
  key = `prod/platform-pull-${keys}`;
  harness.faults.clear();
});

test("an item is pk, revision and text; the server's clock comes with every answer", async () => {
  const { aws, ledger, advance } = harness;
  const saved = await ledger.save(key, null, "one");
  expect(saved.revision).toMatch(/^[0-9a-f]{32}$/);
  expect(aws.item(ledgerTable, key)).toEqual({ pk: { S: key }, revision: { S: saved.revision }, text: { S: "one" } });
  advance(90_000);
  const loaded = await ledger.load(key);
  expect((loaded.serverMs ?? 0) - (saved.serverMs ?? 0)).toBe(90_000);
});

test("revisions are drawn from the entropy given", async () => {
  let drawn = 0;
  const hex = (bytes: number): string => {
    drawn += 1;
    return String(drawn).padStart(bytes * 2, "0");
  };
  const ledger = createDynamoLedger({ ...harness.access, table: ledgerTable, entropy: { hex } });
  expect((await ledger.save(key, null, "one")).revision).toBe("1".padStart(32, "0"));
});

test("twenty writers in twenty processes: one wins", async () => {
  const { revision } = await harness.ledger.save(key, null, "start");
  const writers = Array.from({ length: 20 }, () => createDynamoLedger({ ...harness.access, table: ledgerTable }));
  const outcomes = await Promise.allSettled(writers.map((writer) => writer.save(key, revision, "the same text")));
  expect(outcomes.filter((one) => one.status === "fulfilled")).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected")
      expect(outcome.reason).toMatchObject({ kind: "conflict", reason: "stale-writer" });
  }
});

test("twenty writes of the same text through one driver: one wins", async () => {
  const { revision } = await harness.ledger.save(key, null, "start");
  const saves = Array.from({ length: 20 }, () => harness.ledger.save(key, revision, "the same text"));
  const outcomes = await Promise.allSettled(saves);
  expect(outcomes.filter((one) => one.status === "fulfilled")).toHaveLength(1);
});

test("a save whose reply was lost: its repeat is recognised as the same write", async () => {
  const { faults, ledger } = harness;
  const { revision } = await ledger.save(key, null, "start");
  faults.set({ part: "aws", kind: "PutItem", times: 1, action: { type: "cut-after" } });
  await expectPortError(ledger.save(key, revision, "next"), "unreachable");
  const landed = (await ledger.load(key)).record;
  expect(landed?.text).toBe("next");
  expect((await ledger.save(key, revision, "next")).revision).toBe(landed?.revision);
  // Recognised once: a further one is an ordinary lost race.
  await expectPortError(ledger.save(key, revision, "next"), "conflict", "stale-writer");
});

test("a save whose reply was lost and that somebody overwrote is a lost race", async () => {
  const { access, faults, ledger } = harness;
  const other = createDynamoLedger({ ...access, table: ledgerTable });
  faults.set({ part: "aws", kind: "PutItem", times: 1, action: { type: "cut-after" } });
  await expectPortError(ledger.save(key, null, "mine"), "unreachable");
  const { record } = await other.load(key);
  await other.save(key, record?.revision ?? null, "mine");
  await expectPortError(ledger.save(key, null, "mine"), "conflict", "stale-writer");
});

test("a save cut before its effect is written by its repeat", async () => {
  const { faults, ledger } = harness;
  faults.set({ part: "aws", kind: "PutItem", times: 1, action: { type: "cut-before" } });
  await expectPortError(ledger.save(key, null, "one"), "unreachable");
  expect((await ledger.load(key)).record).toBeNull();
  const { revision } = await ledger.save(key, null, "one");
  expect((await ledger.load(key)).record).toEqual({ revision, text: "one" });
});

test("reads are consistent: a stale replica is not asked", async () => {
  const { faults, ledger } = harness;
  const first = await ledger.save(key, null, "one");
  await ledger.save(key, first.revision, "two");
  const fault = faults.set({ part: "aws", kind: "GetItem", action: { type: "stale" } });
  expect((await ledger.load(key)).record?.text).toBe("two");
  expect(fault.hits()).toBe(1);
});

test("absence is said by the table alone", async () => {
  const { access, faults, ledger } = harness;
  faults.set({ part: "aws", times: 1, action: { type: "reply", status: 200, body: "{}" } });
  await expectPortError(ledger.load(key), "invalid", "bad-reply");
  faults.set({ part: "aws", times: 1, action: { type: "reply", status: 404, body: "<html>gone</html>" } });
  await expectPortError(ledger.load(key), "invalid", "bad-reply");
  const elsewhere = createDynamoLedger({ ...access, table: "no-such-table" });
  await expectPortError(elsewhere.load(key), "invalid");
  await expectPortError(elsewhere.save(key, null, "x"), "invalid");
});

test("throttling, 5xx, a wrong key and an oversized text keep their kinds", async () => {
  const { access, faults, ledger } = harness;
  faults.set({ part: "aws", times: 1, action: throttledFault() });
  await expectPortError(ledger.load(key), "throttled");
  faults.set({ part: "aws", times: 1, action: { type: "reply", status: 503, body: "<html></html>" } });
  await expectPortError(ledger.save(key, null, "x"), "unreachable");
  await expectPortError(ledger.save(key, null, "x".repeat(390_001)), "invalid", "too-large");
  const credentials = { accessKeyId: "AKIASANDBOX", secretAccessKey: new Secret("cAnArY-wrong") };
  const error = await portErrorOf(createDynamoLedger({ ...access, credentials, table: ledgerTable }).load(key));
  expect(error).toMatchObject({ kind: "denied", reason: "bad-credentials" });
  expect(inspect(error, { depth: 12, showHidden: true })).not.toContain("cAnArY");
  expect(inspect(error)).not.toContain(secretAccessKey);
});
