import { expect } from "vitest";
import { PortError } from "../../core/ports/errors.ts";
import { flipRequest, flipThrough, stageEpoch, tokenOf, valueFor } from "./secret-store-fixtures.ts";
import type { SecretStoreCase } from "./secret-store-suite.ts";

const writersAtOnce = 20;

/** Several callers of one name at the same time. */
export const togetherCases: readonly SecretStoreCase[] = [
  {
    title: "of many first flips at once at most one wins",
    async run({ store, fence }, name) {
      const requests = Array.from({ length: writersAtOnce }, (_, index) =>
        flipRequest(name, 1, { value: valueFor(`first-${index}`), token: tokenOf(name, `first-${index}`) }),
      );
      const outcomes = await Promise.allSettled(requests.map((request) => store.flip(name, request)));
      const texts = requests.flatMap(({ value }, index) =>
        outcomes[index]?.status === "fulfilled" ? [value.reveal()] : [],
      );
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(PortError);
      }
      const current = (await store.readCurrent(name))?.value.reveal();
      if (fence) expect(texts.length).toBeLessThanOrEqual(1);
      // Where all lost, each has to read again: what is current is still one of theirs, or nothing.
      if (texts.length > 0) expect(texts).toContain(current);
    },
  },
  {
    title: "a pending value staged while another is promoted: both hold",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 1);
      const staged = await stageEpoch(store, name, 2);
      const request = flipRequest(name, 2, { replaces: first ?? null, stagedVersionId: staged.versionId });
      const [flipped, next] = await Promise.all([store.flip(name, request), stageEpoch(store, name, 3)]);
      expect((await store.readCurrent(name))?.versionId).toBe(flipped.versionId);
      expect((await store.readVersion(name, next.versionId)).value.reveal()).toBe(valueFor("e3").reveal());
    },
  },
  {
    title: "an old version discarded while a new one is promoted: both hold",
    async run({ store }, name) {
      const [first, second] = await flipThrough(store, name, 2);
      const request = flipRequest(name, 3, { replaces: second ?? null });
      const calls = [() => store.flip(name, request), () => store.discard(name, [first ?? ""])];
      const outcomes = await Promise.allSettled(calls.map((call) => call()));
      // The loser of the two may have to read again; the repeat is what the next tick does.
      for (const [index, call] of calls.entries()) if (outcomes[index]?.status === "rejected") await call();
      const { versionId } = await store.flip(name, request);
      const listed = await store.listVersions(name);
      expect(listed.map((one) => one.epoch).sort()).toEqual([2, 3]);
      expect(listed.find((one) => one.current)?.versionId).toBe(versionId);
    },
  },
  {
    title: "names written at the same time do not meet",
    async run({ store }, name) {
      const names = Array.from({ length: 6 }, (_, index) => `${name}-n${index}`);
      await Promise.all(names.map((one, index) => store.flip(one, flipRequest(one, index + 1))));
      for (const [index, one] of names.entries()) {
        expect((await store.readCurrent(one))?.value.reveal()).toBe(valueFor(`e${index + 1}`).reveal());
        expect((await store.listVersions(one)).map(({ epoch }) => epoch)).toEqual([index + 1]);
      }
    },
  },
  {
    title: "many readers at once see the same",
    async run({ store }, name) {
      const [versionId] = await flipThrough(store, name, 1);
      const reads = await Promise.all(Array.from({ length: writersAtOnce }, () => store.readCurrent(name)));
      expect(new Set(reads.map((one) => one?.versionId))).toEqual(new Set([versionId]));
    },
  },
  {
    title: "of many rounds written at once one is there, whole",
    async run({ store }, name) {
      const rounds = Array.from({ length: 5 }, (_, index) => String(index).repeat(32));
      const outcomes = await Promise.allSettled(rounds.map((round) => store.writeRound(name, round)));
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(PortError);
      }
      expect(outcomes.some((outcome) => outcome.status === "fulfilled")).toBe(true);
      expect(rounds).toContain(await store.readRound(name));
    },
  },
  {
    title: "rounds of several names are kept apart",
    async run({ store }, name) {
      const names = [name, `${name}-b`, `${name}-c`];
      for (const one of names) await store.writeRound(one, `round of ${one.length}`);
      for (const one of names) expect(await store.readRound(one)).toBe(`round of ${one.length}`);
      expect(await store.readRound(`${name}-d`)).toBeNull();
    },
  },
];
