import { expect } from "vitest";
import { Secret } from "../../core/secret.ts";
import { expectPortError } from "./contract-case.ts";
import { flipRequest, flipThrough, pictureOf, stageEpoch, tagOf, tokenOf, valueFor } from "./secret-store-fixtures.ts";
import type { SecretStoreCase, SecretStoreHarness } from "./secret-store-suite.ts";

/** The smallest limit of all stores (Key Vault), and one byte more than the largest. */
const valueBytesEverywhere = 25_600;
const valueBytesNowhere = 65_537;

/** Fails if the call asked the server anything. */
async function unasked({ requests }: SecretStoreHarness, run: () => Promise<void>): Promise<void> {
  const before = requests?.() ?? 0;
  await run();
  expect(requests?.() ?? 0).toBe(before);
}

async function readBack({ store }: SecretStoreHarness, name: string, text: string): Promise<void> {
  const value = new Secret(text);
  const { versionId } = await store.flip(name, flipRequest(name, 1, { value }));
  expect((await store.readCurrent(name))?.value.reveal()).toBe(text);
  expect((await store.readVersion(name, versionId)).value.reveal()).toBe(text);
}

/** Limits are known before the call, because the servers differ in when they refuse. */
export const limitCases: readonly SecretStoreCase[] = [
  {
    title: "a value of 25,600 bytes is taken",
    run: (harness, name) => readBack(harness, name, "x".repeat(valueBytesEverywhere)),
  },
  {
    title: "a value counts in bytes, not characters",
    run: (harness, name) => readBack(harness, name, "é".repeat(valueBytesEverywhere / 2)),
  },
  {
    title: "a value of one character is taken",
    run: (harness, name) => readBack(harness, name, "x"),
  },
  {
    title: "a value that is no JSON is taken as it is",
    run: (harness, name) => readBack(harness, name, "null\u0000\u007f not {json"),
  },
  {
    title: "a value that looks like base64 is taken as it is",
    run: (harness, name) => readBack(harness, name, Buffer.from("looks like base64").toString("base64")),
  },
  {
    title: "a value over 65,536 bytes is not staged, and nobody is asked",
    async run(harness, name) {
      const value = new Secret("x".repeat(valueBytesNowhere));
      await unasked(harness, () =>
        expectPortError(harness.store.stage(name, value, tagOf(1), tokenOf(name, "stage")), "invalid", "too-large"),
      );
      expect(await harness.store.listVersions(name)).toEqual([]);
    },
  },
  {
    title: "a value over 65,536 bytes is not made current, and nobody is asked",
    async run(harness, name) {
      const { store } = harness;
      const [first] = await flipThrough(store, name, 1);
      const before = await pictureOf(store, name);
      const value = new Secret("x".repeat(valueBytesNowhere));
      const request = flipRequest(name, 2, { value, replaces: first ?? null });
      await unasked(harness, () => expectPortError(store.flip(name, request), "invalid", "too-large"));
      expect(await pictureOf(store, name)).toEqual(before);
    },
  },
  {
    title: "a name that no store takes is refused before anybody is asked",
    async run(harness, name) {
      const { store } = harness;
      for (const bad of [`${name} with blanks`, "", `${name}?x=1`, `${name}#`, "n".repeat(600)]) {
        await unasked(harness, async () => {
          await expectPortError(store.readCurrent(bad), "invalid");
          await expectPortError(stageEpoch(store, bad, 1), "invalid");
          await expectPortError(store.flip(bad, flipRequest(bad, 1)), "invalid");
          await expectPortError(store.writeRound(bad, "00"), "invalid");
        });
      }
    },
  },
  {
    title: "a name of digits, and one that begins with one, are taken",
    async run({ store }, name) {
      const digits = `${name.replace(/\D/g, "")}4711`.slice(-20);
      for (const one of [digits, `0${name}`]) {
        await store.flip(one, flipRequest(one, 1));
        expect((await store.readCurrent(one))?.value.reveal()).toBe(valueFor("e1").reveal());
      }
    },
  },
  {
    title: "version ids fit a ledger: one word of at most 200 characters",
    async run({ store }, name) {
      const [flipped] = await flipThrough(store, name, 1);
      const staged = await stageEpoch(store, name, 2);
      for (const id of [flipped ?? "", staged.versionId]) expect(id).toMatch(/^[\w./:-]{1,200}$/);
    },
  },
];
