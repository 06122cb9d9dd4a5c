import { expect } from "vitest";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { flipThrough, stageEpoch, tagOf, tokenOf, valueFor } from "./secret-store-fixtures.ts";
import type { SecretStoreCase } from "./secret-store-suite.ts";

const neverGivenOut = "00000000-0000-4000-8000-000000000000";

/** Absence, and values that no reader sees yet. */
export const stagingCases: readonly SecretStoreCase[] = [
  {
    title: "an absent name reads as null, lists nothing and has no round",
    async run({ store }, name) {
      expect(await store.readCurrent(name)).toBeNull();
      expect(await store.listVersions(name)).toEqual([]);
      expect(await store.readRound(name)).toBeNull();
    },
  },
  {
    title: "a staged value is invisible to readers of an absent name",
    async run({ store }, name) {
      const { versionId } = await stageEpoch(store, name, 1);
      expect(await store.readCurrent(name)).toBeNull();
      expect(await store.listVersions(name)).toEqual([{ versionId, epoch: 1, current: false }]);
    },
  },
  {
    title: "a staged value leaves the current one as it is",
    async run({ store }, name) {
      const [current] = await flipThrough(store, name, 1);
      const { versionId } = await stageEpoch(store, name, 2);
      const read = await store.readCurrent(name);
      expect(read?.versionId).toBe(current);
      expect(read?.value.reveal()).toBe(valueFor("e1").reveal());
      expect(await store.listVersions(name)).toContainEqual({ versionId, epoch: 2, current: false });
    },
  },
  {
    title: "staging the same value under the same token again is the same version",
    async run({ store }, name) {
      const first = await stageEpoch(store, name, 1);
      const again = await stageEpoch(store, name, 1);
      expect(again.versionId).toBe(first.versionId);
      expect(await store.listVersions(name)).toHaveLength(1);
    },
  },
  {
    title: "a staged version is read back by its id",
    async run({ store }, name) {
      const { versionId } = await stageEpoch(store, name, 1);
      const read = await store.readVersion(name, versionId);
      expect(read.versionId).toBe(versionId);
      expect(read.value.reveal()).toBe(valueFor("e1").reveal());
    },
  },
  {
    title: "a later pending value never answers under an earlier one's id",
    async run({ store }, name) {
      const first = await stageEpoch(store, name, 1, valueFor("attempt-a"));
      const second = await store.stage(name, valueFor("attempt-b"), tagOf(1), tokenOf(name, "stage-1-b"));
      expect(second.versionId).not.toBe(first.versionId);
      expect((await store.readVersion(name, second.versionId)).value.reveal()).toBe(valueFor("attempt-b").reveal());
      // A store may drop the earlier one ("the next one overwrites it"), but never mix the two up.
      const earlier = await store.readVersion(name, first.versionId).catch(() => null);
      if (earlier !== null) expect(earlier.value.reveal()).toBe(valueFor("attempt-a").reveal());
    },
  },
  {
    title: "an unknown version of a name that exists is not found",
    async run({ store, unknownVersionId }, name) {
      await stageEpoch(store, name, 1);
      await expectPortError(store.readVersion(name, unknownVersionId ?? neverGivenOut), "not-found");
    },
  },
  {
    title: "a version of an absent name is not found",
    async run({ store, unknownVersionId }, name) {
      await expectPortError(store.readVersion(name, unknownVersionId ?? neverGivenOut), "not-found");
    },
  },
  {
    title: "errors name the system and the operation",
    async run({ store, unknownVersionId }, name) {
      const error = await portErrorOf(store.readVersion(name, unknownVersionId ?? neverGivenOut));
      expect(error.system.length).toBeGreaterThan(2);
      expect(error.operation.length).toBeGreaterThan(2);
      expect(error.message.length).toBeGreaterThan(5);
    },
  },
];
