import { inspect } from "node:util";
import { expect } from "vitest";
import type { SecretStore, StoreVersion } from "../../core/ports/secret-store.ts";
import { Secret } from "../../core/secret.ts";
import { portErrorOf } from "./contract-case.ts";
import { flipRequest, flipThrough, stageEpoch, tagOf, tokenOf, valueFor } from "./secret-store-fixtures.ts";
import type { SecretStoreCase } from "./secret-store-suite.ts";

const nameLengthMax = 60;
const valueBytes = 20_000;

/** Stages and flips this text; what the two ways of reading answer. */
async function roundTrip(store: SecretStore, name: string, text: string): Promise<readonly string[]> {
  const value = new Secret(text);
  const staged = await store.stage(name, value, tagOf(1), tokenOf(name, "stage"));
  const readStaged = await store.readVersion(name, staged.versionId);
  await store.flip(name, flipRequest(name, 1, { value, stagedVersionId: staged.versionId }));
  const readCurrent: StoreVersion | null = await store.readCurrent(name);
  return [readStaged.value.reveal(), readCurrent?.value.reveal() ?? ""];
}

/** Names and values at their limits, and the silence of errors. */
export const valueCases: readonly SecretStoreCase[] = [
  {
    title: "a name of 60 characters works, the round beside it too",
    async run({ store }, name) {
      const long = `${name}-${"a".repeat(nameLengthMax)}`.slice(0, nameLengthMax - 1).concat("z");
      const [versionId] = await flipThrough(store, long, 1);
      await stageEpoch(store, long, 2);
      await store.writeRound(long, "0f0f0f0f");
      expect((await store.readCurrent(long))?.versionId).toBe(versionId);
      expect(await store.readRound(long)).toBe("0f0f0f0f");
      expect(await store.listVersions(long)).toHaveLength(2);
    },
  },
  {
    title: "a name that begins like another is kept apart",
    async run({ store }, name) {
      const longer = `${name}-two`;
      await flipThrough(store, name, 1);
      await store.flip(longer, flipRequest(longer, 7));
      await stageEpoch(store, longer, 8);
      await store.writeRound(longer, "77");
      expect((await store.listVersions(name)).map((one) => one.epoch)).toEqual([1]);
      expect((await store.readCurrent(longer))?.value.reveal()).toBe(valueFor("e7").reveal());
      expect(await store.readRound(name)).toBeNull();
    },
  },
  {
    title: "a value of 20 kB survives",
    async run({ store }, name) {
      const text = JSON.stringify({ filler: "x".repeat(valueBytes - 13) });
      expect(text.length).toBe(valueBytes);
      expect(await roundTrip(store, name, text)).toEqual([text, text]);
    },
  },
  {
    title: "unicode, quotes, back-slashes and line ends survive",
    async run({ store }, name) {
      const fields = { password: `grüße "日本" \\ 'x' 🔑 $ & < > %41 \u2028`, username: "robot$a\tb" };
      const text = `${JSON.stringify(fields, null, 2)}\n\r\n`;
      expect(await roundTrip(store, name, text)).toEqual([text, text]);
    },
  },
  {
    title: "no error carries a value",
    async run({ store, unknownVersionId }, name) {
      const canary = "cAnArY-7d1f44c9-do-not-print";
      const value = new Secret(JSON.stringify({ password: canary }));
      const { versionId } = await store.flip(name, flipRequest(name, 1, { value }));
      const staged = await store.stage(name, value, tagOf(2), tokenOf(name, "stage-2"));
      const unknown = unknownVersionId ?? "00000000-0000-4000-8000-000000000000";
      const errors = await Promise.all([
        portErrorOf(store.flip(name, flipRequest(name, 2, { value, replaces: null }))),
        portErrorOf(store.flip(name, flipRequest(name, 3, { value, stagedVersionId: staged.versionId }))),
        portErrorOf(store.flip(`${name}-absent`, flipRequest(name, 4, { value, replaces: unknown }))),
        portErrorOf(store.discard(name, [versionId])),
        portErrorOf(store.readVersion(name, unknown)),
      ]);
      const forms = [canary, Buffer.from(canary).toString("base64"), Buffer.from(value.reveal()).toString("base64")];
      for (const error of errors) {
        const printed = `${inspect(error, { depth: 12, showHidden: true })} ${error.message} ${JSON.stringify(error)}`;
        for (const form of forms) expect(printed.includes(form)).toBe(false);
      }
    },
  },
];
