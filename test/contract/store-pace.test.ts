import { afterEach, expect, test } from "vitest";
import { createAwsPace } from "../../core/drivers/aws-secrets-manager/pace.ts";
import { createAwsSecretStore } from "../../core/drivers/aws-secrets-manager/secret-store.ts";
import { createVaultPace } from "../../core/drivers/azure-key-vault/pace.ts";
import { createGcpAnnotationLedger } from "../../core/drivers/gcp-annotation-ledger/ledger-store.ts";
import { createGcpSecretStore } from "../../core/drivers/gcp-secret-manager/secret-store.ts";
import { createGcpPace } from "../../core/drivers/http/gcp-pace.ts";
import type { SecretStore } from "../../core/ports/secret-store.ts";
import { documentedAwsRates } from "../../functions/sandbox/aws/quotas.ts";
import { documentedVaultRates } from "../../functions/sandbox/azure/quotas.ts";
import { documentedGcpRates } from "../../functions/sandbox/gcp/quotas.ts";
import { startAwsHarness } from "./aws-fixtures.ts";
import { startWorld } from "./azure-fixtures.ts";
import { portErrorOf } from "./contract-case.ts";
import { startGcpHarness } from "./gcp-fixtures.ts";
import { flipThrough, stageEpoch } from "./secret-store-fixtures.ts";

const name = "platform-pull";
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Time passes in sleeps alone, for the store and its server alike. */
function clockOf(nowMs: () => number, advance: (ms: number) => void) {
  const slept: number[] = [];
  const sleep = async (ms: number) => {
    slept.push(ms);
    advance(ms);
  };
  return { options: { nowMs, sleep, waitMsMax: 120_000 }, slept };
}

test("Google: rotations in a row are paced below two writes a second and secret, and never refused", async () => {
  const harness = await startGcpHarness(documentedGcpRates);
  closing.push(() => harness.close());
  expect((await portErrorOf(flipThrough(harness.store, name, 4))).kind).toBe("throttled");
  harness.advance(60_000);
  const { options, slept } = clockOf(harness.access.nowMs, harness.advance);
  const access = { ...harness.access, pace: createGcpPace(documentedGcpRates, options) };
  await flipThrough(createGcpSecretStore(access), `${name}-paced`, 6);
  expect(slept.length).toBeGreaterThan(6);
});

test("Google: values and ledgers share the project's reads of a minute", async () => {
  const rates = { ...documentedGcpRates, readsPerMinuteMax: 60 };
  const harness = await startGcpHarness(rates);
  closing.push(() => harness.close());
  const { options, slept } = clockOf(harness.access.nowMs, harness.advance);
  const access = { ...harness.access, pace: createGcpPace(rates, options) };
  const [store, ledger] = [createGcpSecretStore(access), createGcpAnnotationLedger(access)];
  for (let count = 0; count < 32; count += 1) {
    await store.readRound(name);
    await ledger.load("prod/x");
  }
  expect(slept).toEqual([66_000]);
});

test("AWS: more writes than a second allows are spread, and never refused", async () => {
  const rates = { ...documentedAwsRates, writesPerSecondMax: 10 };
  const harness = await startAwsHarness(rates);
  closing.push(() => harness.close());
  const stages = async (store: SecretStore, from: number) => {
    for (let one = 0; one < 15; one += 1) await stageEpoch(store, `${name}-${one % 3}`, from + one);
  };
  expect((await portErrorOf(stages(harness.store, 1))).kind).toBe("throttled");
  harness.advance(2_000);
  let nowMs = 0;
  const { options, slept } = clockOf(
    () => nowMs,
    (ms) => {
      nowMs += ms;
      harness.advance(ms);
    },
  );
  const paced = createAwsSecretStore({ ...harness.access, pace: createAwsPace(rates, options) });
  await stages(paced, 100);
  expect(slept).toEqual([1_100]);
});

test("Key Vault: more new versions than ten seconds allow are spread, and never refused", async () => {
  const rates = { ...documentedVaultRates, setsPer10sMax: 20 };
  let nowMs = Date.UTC(2026, 10, 24, 12);
  const world = await startWorld(() => nowMs, rates);
  closing.push(() => world.close());
  const { options, slept } = clockOf(
    () => nowMs,
    (ms) => {
      nowMs += ms;
    },
  );
  const store = world.store({ pace: createVaultPace(rates, options) });
  for (let count = 0; count < 25; count += 1) await store.writeRound(name, String(count));
  expect(slept).toEqual([11_000]);
});
