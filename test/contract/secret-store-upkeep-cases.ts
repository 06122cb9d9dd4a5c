import { expect } from "vitest";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { flipRequest, flipThrough, pictureOf, stageEpoch, valueFor } from "./secret-store-fixtures.ts";
import type { SecretStoreCase } from "./secret-store-suite.ts";

const neverGivenOut = "00000000-0000-4000-8000-000000000000";

/** Listing and destroying versions, and the round beside the value. */
export const upkeepCases: readonly SecretStoreCase[] = [
  {
    title: "versions are listed with their epochs, one of them current",
    async run({ store }, name) {
      await flipThrough(store, name, 3);
      await stageEpoch(store, name, 4);
      const listed = [...(await store.listVersions(name))].sort((a, b) => (a.epoch ?? 0) - (b.epoch ?? 0));
      expect(listed.map(({ epoch, current }) => ({ epoch, current }))).toEqual([
        { epoch: 1, current: false },
        { epoch: 2, current: false },
        { epoch: 3, current: true },
        { epoch: 4, current: false },
      ]);
      expect(new Set(listed.map((one) => one.versionId)).size).toBe(4);
    },
  },
  {
    title: "a replaced version stays readable by its id",
    async run({ store }, name) {
      const versionIds = await flipThrough(store, name, 3);
      for (const [index, versionId] of versionIds.entries()) {
        expect((await store.readVersion(name, versionId)).value.reveal()).toBe(valueFor(`e${index + 1}`).reveal());
      }
    },
  },
  {
    title: "a discarded version is gone, the others are not",
    async run({ store }, name) {
      const [first, second, third] = await flipThrough(store, name, 3);
      await store.discard(name, [first ?? ""]);
      expect((await store.listVersions(name)).map((one) => one.versionId).sort()).toEqual([second, third].sort());
      const error = await portErrorOf(store.readVersion(name, first ?? ""));
      // Where a store can only disable (Key Vault), a discarded version is disabled for ever.
      expect([error.kind, error.reason]).toBeOneOf([
        ["not-found", undefined],
        ["conflict", "disabled"],
      ]);
      expect((await store.readCurrent(name))?.versionId).toBe(third);
      expect((await store.readVersion(name, second ?? "")).value.reveal()).toBe(valueFor("e2").reveal());
    },
  },
  {
    title: "discarding again, an unknown version or nothing at all is success",
    async run({ store, unknownVersionId }, name) {
      const [first, second] = await flipThrough(store, name, 2);
      await store.discard(name, [first ?? ""]);
      await store.discard(name, [first ?? "", unknownVersionId ?? neverGivenOut]);
      await store.discard(name, []);
      await store.discard(`${name}-absent`, [unknownVersionId ?? neverGivenOut]);
      expect((await store.readCurrent(name))?.versionId).toBe(second);
    },
  },
  {
    title: "the current version is not discarded",
    async run({ store }, name) {
      const [first, second] = await flipThrough(store, name, 2);
      await expectPortError(store.discard(name, [second ?? ""]), "conflict");
      await expectPortError(store.discard(name, [first ?? "", second ?? ""]), "conflict");
      const read = await store.readCurrent(name);
      expect({ versionId: read?.versionId, text: read?.value.reveal() }).toEqual({
        versionId: second,
        text: valueFor("e2").reveal(),
      });
    },
  },
  {
    title: "a pending version is discarded without touching the current one",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 1);
      const { versionId } = await stageEpoch(store, name, 2);
      await store.discard(name, [versionId]);
      expect(await store.listVersions(name)).toEqual([{ versionId: first, epoch: 1, current: true }]);
      expect((await store.readCurrent(name))?.value.reveal()).toBe(valueFor("e1").reveal());
      const next = await store.flip(name, flipRequest(name, 3, { replaces: first ?? null }));
      expect((await store.readCurrent(name))?.versionId).toBe(next.versionId);
    },
  },
  {
    title: "a round is written, overwritten and read, and is no version",
    async run({ store }, name) {
      await flipThrough(store, name, 1);
      const before = await pictureOf(store, name);
      await store.writeRound(name, "0123456789abcdef0123456789abcdef");
      expect(await store.readRound(name)).toBe("0123456789abcdef0123456789abcdef");
      await store.writeRound(name, "fedcba9876543210fedcba9876543210");
      await store.writeRound(name, "fedcba9876543210fedcba9876543210");
      expect(await store.readRound(name)).toBe("fedcba9876543210fedcba9876543210");
      expect(await pictureOf(store, name)).toEqual(before);
    },
  },
  {
    title: "a round may come before the first value, and makes none",
    async run({ store }, name) {
      await store.writeRound(name, "00112233445566778899aabbccddeeff");
      expect(await store.readRound(name)).toBe("00112233445566778899aabbccddeeff");
      expect(await store.readCurrent(name)).toBeNull();
      expect(await store.listVersions(name)).toEqual([]);
      await flipThrough(store, name, 1);
      expect(await store.readRound(name)).toBe("00112233445566778899aabbccddeeff");
    },
  },
];
