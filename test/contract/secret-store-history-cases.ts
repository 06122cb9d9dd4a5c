import { expect } from "vitest";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { flipRequest, flipThrough, stageEpoch, tagOf, tokenOf, valueFor } from "./secret-store-fixtures.ts";
import type { SecretStoreCase } from "./secret-store-suite.ts";

const rotations = 8;

/** What many rotations, roll backs, rebuilds and abandoned attempts leave behind. */
export const historyCases: readonly SecretStoreCase[] = [
  {
    title: "after many flips every version that was not discarded is read by its id",
    async run({ store }, name) {
      const versionIds = await flipThrough(store, name, rotations);
      expect(new Set(versionIds).size).toBe(rotations);
      const last = versionIds.at(-1) ?? "";
      expect((await store.readCurrent(name))?.versionId).toBe(last);
      const oldest = versionIds[0] ?? "";
      expect((await store.readVersion(name, oldest)).value.reveal()).toBe(valueFor("e1").reveal());
    },
  },
  {
    title: "one rotation after the other, each staged, promoted and its predecessor discarded, leaves one version",
    async run({ store }, name) {
      let current: string | null = null;
      for (let epoch = 1; epoch <= 4; epoch += 1) {
        const staged = await stageEpoch(store, name, epoch);
        const request = flipRequest(name, epoch, { replaces: current, stagedVersionId: staged.versionId });
        current = (await store.flip(name, request)).versionId;
        const gone = (await store.listVersions(name)).filter((one) => one.epoch !== epoch);
        await store.discard(
          name,
          gone.map((one) => one.versionId),
        );
      }
      const left = await store.listVersions(name);
      expect(left.filter((one) => one.current)).toEqual([{ versionId: current, epoch: 4, current: true }]);
      expect(left.every((one) => one.epoch === 4)).toBe(true);
    },
  },
  {
    title: "forward again after a roll back is one more version",
    async run({ store }, name) {
      const [, second] = await flipThrough(store, name, 2);
      const back = await store.flip(name, flipRequest(name, 3, { value: valueFor("e1"), replaces: second ?? null }));
      const again = { value: valueFor("e2"), replaces: back.versionId };
      const forward = await store.flip(name, flipRequest(name, 4, again));
      const read = await store.readCurrent(name);
      expect([read?.versionId, read?.value.reveal()]).toEqual([forward.versionId, valueFor("e2").reveal()]);
      expect(forward.versionId).not.toBe(second);
    },
  },
  {
    title: "the same text under a later epoch is a version of its own",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 1);
      const again = flipRequest(name, 2, { value: valueFor("e1"), replaces: first ?? null });
      const { versionId } = await store.flip(name, again);
      expect(versionId).not.toBe(first);
      expect((await store.listVersions(name)).find((one) => one.current)).toEqual({
        versionId,
        epoch: 2,
        current: true,
      });
    },
  },
  {
    title: "an epoch may jump, as after a rebuild",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 1);
      const { versionId } = await store.flip(name, flipRequest(name, 1_000_002, { replaces: first ?? null }));
      expect(await store.listVersions(name)).toContainEqual({ versionId, epoch: 1_000_002, current: true });
    },
  },
  {
    title: "the tag's generation may be another number than its epoch",
    async run({ store }, name) {
      const tag = { ...tagOf(9), generation: 4 };
      const { versionId } = await store.flip(name, flipRequest(name, 9, { tag }));
      expect(await store.listVersions(name)).toEqual([{ versionId, epoch: 9, current: true }]);
    },
  },
  {
    title: "two pending values of different epochs live side by side",
    async run({ store }, name) {
      const one = await stageEpoch(store, name, 1);
      const two = await stageEpoch(store, name, 2);
      expect((await store.readVersion(name, one.versionId)).value.reveal()).toBe(valueFor("e1").reveal());
      expect((await store.readVersion(name, two.versionId)).value.reveal()).toBe(valueFor("e2").reveal());
      expect((await store.listVersions(name)).map(({ epoch }) => epoch).sort()).toEqual([1, 2]);
    },
  },
  {
    title: "a pending value staged again after its promotion changes nothing that readers see",
    async run({ store }, name) {
      const { versionId } = await stageEpoch(store, name, 1);
      const flipped = await store.flip(name, flipRequest(name, 1, { stagedVersionId: versionId }));
      await stageEpoch(store, name, 1);
      const read = await store.readCurrent(name);
      expect([read?.versionId, read?.value.reveal()]).toEqual([flipped.versionId, valueFor("e1").reveal()]);
    },
  },
  {
    title: "a token never stands for two values",
    async run({ store }, name) {
      const { versionId } = await stageEpoch(store, name, 1);
      const other = store.stage(name, valueFor("another"), tagOf(1), tokenOf(name, "stage-1"));
      const second = await other.catch(() => null);
      // Refused, or a version of its own: but what was staged first is never written over.
      if (second !== null) expect(second.versionId).not.toBe(versionId);
      const read = await store.readVersion(name, versionId).catch(() => null);
      if (read !== null) expect(read.value.reveal()).toBe(valueFor("e1").reveal());
      expect(await store.readCurrent(name)).toBeNull();
    },
  },
  {
    title: "a discarded pending value can be staged again",
    async run({ store }, name) {
      const first = await stageEpoch(store, name, 1);
      await store.discard(name, [first.versionId]);
      expect(await store.listVersions(name)).toEqual([]);
      const again = await stageEpoch(store, name, 1);
      expect((await store.readVersion(name, again.versionId)).value.reveal()).toBe(valueFor("e1").reveal());
      expect(await store.listVersions(name)).toEqual([{ versionId: again.versionId, epoch: 1, current: false }]);
    },
  },
  {
    title: "many versions are discarded at once",
    async run({ store }, name) {
      const versionIds = await flipThrough(store, name, rotations);
      await store.discard(name, versionIds.slice(0, -1));
      expect((await store.listVersions(name)).map((one) => one.versionId)).toEqual(versionIds.slice(-1));
      await portErrorOf(store.readVersion(name, versionIds[2] ?? ""));
      expect((await store.readCurrent(name))?.value.reveal()).toBe(valueFor(`e${rotations}`).reveal());
    },
  },
  {
    title: "all pending values of a name that never had a current one are discarded",
    async run({ store }, name) {
      const staged = [await stageEpoch(store, name, 1), await stageEpoch(store, name, 2)];
      await store.discard(
        name,
        staged.map((one) => one.versionId),
      );
      expect(await store.listVersions(name)).toEqual([]);
      expect(await store.readCurrent(name)).toBeNull();
    },
  },
  {
    title: "a flip that was repeated after its predecessor was discarded is still one flip",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 1);
      const request = flipRequest(name, 2, { replaces: first ?? null });
      const { versionId } = await store.flip(name, request);
      await store.discard(name, [first ?? ""]);
      expect((await store.flip(name, request)).versionId).toBe(versionId);
      expect(await store.listVersions(name)).toEqual([{ versionId, epoch: 2, current: true }]);
    },
  },
  {
    title: "a version id of another name replaces nothing",
    async run({ store }, name) {
      const other = `${name}-other`;
      await flipThrough(store, name, 2);
      const [foreign] = await flipThrough(store, other, 1);
      const [first] = await flipThrough(store, `${name}-third`, 1);
      await expectPortError(
        store.flip(`${name}-none`, flipRequest(`${name}-none`, 3, { replaces: foreign ?? "" })),
        "conflict",
        "stale-writer",
      );
      expect(await store.readCurrent(`${name}-none`)).toBeNull();
      expect((await store.readCurrent(`${name}-third`))?.versionId).toBe(first);
    },
  },
];
