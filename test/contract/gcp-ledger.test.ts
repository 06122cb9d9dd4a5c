import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FaultAction } from "../../functions/sandbox/faults.ts";
import { expectPortError } from "./contract-case.ts";
import { type GcpHarness, raw, startGcpHarness } from "./gcp-fixtures.ts";

let harness: GcpHarness;
beforeEach(async () => {
  harness = await startGcpHarness();
});
afterEach(() => harness.close());

function fault(kind: string, action: FaultAction, more: { times?: number; skip?: number } = { times: 1 }) {
  return harness.faults.set({ part: "gcp", kind, action, ...more });
}

describe("the ledger in annotations", () => {
  test("a short text is readable as it is, a long one is packed", async () => {
    const { revision } = await harness.ledger.save("prod/ci@site/gcp", null, '{"format":1}');
    const id = "capstan-ledger-prod_2fci_40site_2fgcp";
    expect(harness.gcp.secret(id)?.annotations).toEqual({ "capstan-ledger": 'text:{"format":1}' });
    const long = JSON.stringify(Array.from({ length: 800 }, (_, index) => ({ attempt: `given-up-${index}` })));
    await harness.ledger.save("prod/ci@site/gcp", revision, long);
    expect((await harness.ledger.load("prod/ci@site/gcp")).record?.text).toBe(long);
    expect(Buffer.byteLength(long)).toBeGreaterThan(16_384);
  });

  test("what does not fit is `too-large` before anything is sent", async () => {
    const noise = Array.from({ length: 40_000 }, (_, index) => String.fromCharCode(33 + ((index * index * 31) % 89)));
    const seeds = Array.from({ length: 4000 }, (_, index) => Math.sin(index).toString());
    await expectPortError(harness.ledger.save("prod/x", null, seeds.concat(noise).join("")), "invalid", "too-large");
    expect(harness.gcp.counts.get("secret.create")).toBeUndefined();
  });

  test("long keys that differ at their ends are kept apart", async () => {
    const keys = ["a", "b"].map((end) => `prod/${"x".repeat(300)}/${end}`);
    for (const key of keys) await harness.ledger.save(key, null, key);
    for (const key of keys) expect((await harness.ledger.load(key)).record?.text).toBe(key);
  });

  test("a secret that holds no ledger is neither absent nor one", async () => {
    await raw(harness, "POST", "secrets?secretId=capstan-ledger-x", { replication: { automatic: {} } });
    await expectPortError(harness.ledger.load("x"), "invalid", "bad-reply");
  });

  test("the time is the service's", async () => {
    const { serverMs } = await harness.ledger.save("prod/x", null, "one");
    expect(serverMs).toBe(Date.UTC(2026, 10, 24, 12));
    expect((await harness.ledger.load("prod/x")).serverMs).toBe(serverMs);
  });

  test("a ledger saved on an old reading is refused", async () => {
    const first = await harness.ledger.save("prod/x", null, "one");
    await harness.ledger.save("prod/x", first.revision, "two");
    fault("secret.get", { type: "stale" });
    const { record } = await harness.ledger.load("prod/x");
    expect(record?.text).toBe("one");
    const stale = harness.ledger.save("prod/x", record?.revision ?? null, "three");
    await expectPortError(stale, "conflict", "stale-writer");
  });
});
