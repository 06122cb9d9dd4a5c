import { expect } from "vitest";
import { PortError } from "../../core/ports/errors.ts";
import type { LedgerStore } from "../../core/ports/ledger-store.ts";
import { type ContractCase, type ContractOptions, describeContract, expectPortError } from "./contract-case.ts";

export interface LedgerStoreHarness {
  readonly store: LedgerStore;
  close(): Promise<void>;
  /** True where the store slows writers down (GCP: 2 writes a second): a loser may then be `throttled` instead. */
  readonly throttles?: boolean;
}

type LedgerStoreCase = ContractCase<LedgerStoreHarness>;

const writersAtOnce = 20;
const countersAtOnce = 4;
const countsEach = 5;
const counterAttemptsMax = 200;

function isLostRace(error: unknown): boolean {
  return error instanceof PortError && error.kind === "conflict" && error.reason === "stale-writer";
}

function isThrottled(error: unknown): boolean {
  return error instanceof PortError && error.kind === "throttled";
}

/** Adds one by compare-and-set, again until it is this caller's turn. */
async function countUp({ store, throttles }: LedgerStoreHarness, key: string): Promise<void> {
  for (let attempt = 0; attempt < counterAttemptsMax; attempt += 1) {
    try {
      const { record } = await store.load(key);
      await store.save(key, record?.revision ?? null, String(Number(record?.text ?? "0") + 1));
      return;
    } catch (error) {
      if (!isLostRace(error) && !(throttles === true && isThrottled(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1 + ((attempt * 7) % 13)));
    }
  }
  throw new Error(`no turn in ${counterAttemptsMax} attempts`);
}

const ledgerStoreCases: readonly LedgerStoreCase[] = [
  {
    title: "an absent key is a null record",
    async run({ store }, name) {
      expect((await store.load(`prod/${name}`)).record).toBeNull();
    },
  },
  {
    title: "what was created is loaded, under the revision that save gave",
    async run({ store }, name) {
      const { revision } = await store.save(`prod/${name}`, null, '{"format":1}');
      expect((await store.load(`prod/${name}`)).record).toEqual({ revision, text: '{"format":1}' });
    },
  },
  {
    title: "creating what is there is a lost race",
    async run({ store }, name) {
      await store.save(`prod/${name}`, null, "first");
      await expectPortError(store.save(`prod/${name}`, null, "second"), "conflict", "stale-writer");
      expect((await store.load(`prod/${name}`)).record?.text).toBe("first");
    },
  },
  {
    title: "each save gives a new revision, with the same text too",
    async run({ store }, name) {
      const first = await store.save(`prod/${name}`, null, "same");
      const second = await store.save(`prod/${name}`, first.revision, "same");
      expect(second.revision).not.toBe(first.revision);
      expect((await store.load(`prod/${name}`)).record).toEqual({ revision: second.revision, text: "same" });
    },
  },
  {
    title: "a stale update is a lost race and changes nothing",
    async run({ store }, name) {
      const first = await store.save(`prod/${name}`, null, "one");
      const second = await store.save(`prod/${name}`, first.revision, "two");
      await expectPortError(store.save(`prod/${name}`, first.revision, "three"), "conflict", "stale-writer");
      expect((await store.load(`prod/${name}`)).record).toEqual({ revision: second.revision, text: "two" });
    },
  },
  {
    title: "a revision never comes again when a text does",
    async run({ store }, name) {
      const key = `prod/${name}`;
      const first = await store.save(key, null, "a");
      const second = await store.save(key, first.revision, "b");
      const third = await store.save(key, second.revision, "a");
      expect(third.revision).not.toBe(first.revision);
      await expectPortError(store.save(key, first.revision, "c"), "conflict", "stale-writer");
    },
  },
  {
    title: "updating an absent key is a lost race",
    async run({ store }, name) {
      const { revision } = await store.save(`prod/${name}`, null, "there");
      await expectPortError(store.save(`prod/${name}-absent`, revision, "x"), "conflict", "stale-writer");
      expect((await store.load(`prod/${name}-absent`)).record).toBeNull();
    },
  },
  {
    title: "of many writers at once one wins",
    async run({ store, throttles }, name) {
      const { revision } = await store.save(`prod/${name}`, null, "start");
      const texts = Array.from({ length: writersAtOnce }, (_, index) => `writer-${index}`);
      const outcomes = await Promise.allSettled(texts.map((text) => store.save(`prod/${name}`, revision, text)));
      const winners = texts.filter((_, index) => outcomes[index]?.status === "fulfilled");
      for (const outcome of outcomes) {
        if (outcome.status === "fulfilled") continue;
        expect(isLostRace(outcome.reason) || (throttles === true && isThrottled(outcome.reason))).toBe(true);
      }
      expect(winners).toHaveLength(1);
      expect((await store.load(`prod/${name}`)).record?.text).toBe(winners[0]);
    },
  },
  {
    title: "of many creators at once one wins",
    async run({ store, throttles }, name) {
      const texts = Array.from({ length: writersAtOnce }, (_, index) => `creator-${index}`);
      const outcomes = await Promise.allSettled(texts.map((text) => store.save(`prod/${name}`, null, text)));
      const winners = texts.filter((_, index) => outcomes[index]?.status === "fulfilled");
      for (const outcome of outcomes) {
        if (outcome.status === "fulfilled") continue;
        expect(isLostRace(outcome.reason) || (throttles === true && isThrottled(outcome.reason))).toBe(true);
      }
      expect(winners).toHaveLength(1);
      expect((await store.load(`prod/${name}`)).record?.text).toBe(winners[0]);
    },
  },
  {
    title: "a counter kept by compare-and-set loses no count",
    async run(harness, name) {
      const key = `prod/${name}`;
      const workers = Array.from({ length: countersAtOnce }, async () => {
        for (let count = 0; count < countsEach; count += 1) await countUp(harness, key);
      });
      await Promise.all(workers);
      expect((await harness.store.load(key)).record?.text).toBe(String(countersAtOnce * countsEach));
    },
  },
  {
    title: "a text of 12 kB survives",
    async run({ store }, name) {
      const text = JSON.stringify({ filler: "x".repeat(12_000 - 13) });
      await store.save(`prod/${name}`, null, text);
      expect((await store.load(`prod/${name}`)).record?.text).toBe(text);
    },
  },
  {
    title: "unicode, quotes and line ends survive",
    async run({ store }, name) {
      const text = `{\n  "why": "grüße \\"日本\\" 🔑 <&> %41 \u2028"\r\n}\n`;
      await store.save(`prod/${name}`, null, text);
      expect((await store.load(`prod/${name}`)).record?.text).toBe(text);
    },
  },
  {
    title: "keys with `/` and `@` are kept apart",
    async run({ store }, name) {
      const keys = [
        `prod/${name}`,
        `prod/${name}@site/aws`,
        `prod/${name}@site/azure`,
        `prod/${name}-site/aws`,
        `prod-${name}`,
        `prod/${name}@site-aws`,
      ];
      for (const key of keys) await store.save(key, null, `text of ${key}`);
      for (const key of keys) expect((await store.load(key)).record?.text).toBe(`text of ${key}`);
    },
  },
  {
    title: "the server's clock is a time or null",
    async run({ store }, name) {
      const saved = await store.save(`prod/${name}`, null, "clock");
      const loaded = await store.load(`prod/${name}`);
      for (const { serverMs } of [saved, loaded]) {
        if (serverMs !== null) expect(Number.isSafeInteger(serverMs) && serverMs > 0).toBe(true);
      }
    },
  },
];

/** Every promise of `core/ports/ledger-store.ts`. */
export function ledgerStoreContract(
  name: string,
  setup: () => Promise<LedgerStoreHarness>,
  options?: ContractOptions,
): void {
  describeContract(`ledger store contract: ${name}`, ledgerStoreCases, setup, options);
}
