import { expect, test } from "vitest";
import type { LedgerStore } from "../../../core/ports/ledger-store.ts";
import { loadTogether } from "../../../functions/compose/load-together.ts";

/** A ledger that answers when it is told to: with its number of loads as text, or not at all. */
function slowLedger() {
  const ends: ((error?: Error) => void)[] = [];
  let loads = 0;
  const ledger: LedgerStore = {
    load: (key) =>
      new Promise((resolve, reject) => {
        loads += 1;
        const record = { revision: key, text: `${loads}` };
        ends.push((error) => (error === undefined ? resolve({ record, serverMs: null }) : reject(error)));
      }),
    save: async () => ({ revision: "saved", serverMs: null }),
  };
  const end = async (error?: Error) => {
    ends.shift()?.(error);
    for (let n = 0; n < 10; n += 1) await Promise.resolve();
  };
  return { together: loadTogether(ledger), end, loads: () => loads };
}

test("who asks while a read is under way shares the next one, and never the one that began before", async () => {
  const { together, end, loads } = slowLedger();
  const first = together.load("a");
  const later = [together.load("a"), together.load("a"), together.load("a")];
  expect(loads()).toBe(1);
  await end();
  const last = together.load("a");
  expect(loads()).toBe(2);
  await end();
  await end();
  expect((await first).record?.text).toBe("1");
  expect((await Promise.all(later)).map(({ record }) => record?.text)).toEqual(["2", "2", "2"]);
  expect((await last).record?.text).toBe("3");
  expect(loads()).toBe(3);
  void together.load("a");
  expect(loads()).toBe(4);
});

test("keys do not wait for each other, and a read that fails does so for those who shared it alone", async () => {
  const { together, end, loads } = slowLedger();
  const first = together.load("a");
  const other = together.load("b");
  expect(loads()).toBe(2);
  const shared = [together.load("a"), together.load("a")];
  const failed = expect(first).rejects.toThrow("dark");
  await end(new Error("dark"));
  await failed;
  await end();
  await end();
  expect((await other).record?.revision).toBe("b");
  expect((await Promise.all(shared)).map(({ record }) => record?.text)).toEqual(["3", "3"]);
});
