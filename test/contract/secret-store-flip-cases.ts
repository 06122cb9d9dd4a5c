import { expect } from "vitest";
import { PortError } from "../../core/ports/errors.ts";
import { expectPortError } from "./contract-case.ts";
import { flipRequest, flipThrough, pictureOf, stageEpoch, tokenOf, valueFor } from "./secret-store-fixtures.ts";
import type { SecretStoreCase } from "./secret-store-suite.ts";

const writersAtOnce = 20;

/** Making a value current, and the fence in front of it. */
export const flipCases: readonly SecretStoreCase[] = [
  {
    title: "the first flip replaces nothing",
    async run({ store }, name) {
      const { versionId } = await store.flip(name, flipRequest(name, 1));
      const read = await store.readCurrent(name);
      expect(read?.versionId).toBe(versionId);
      expect(read?.value.reveal()).toBe(valueFor("e1").reveal());
      expect(await store.listVersions(name)).toEqual([{ versionId, epoch: 1, current: true }]);
    },
  },
  {
    title: "a flip that replaces the version just read wins",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 1);
      const { versionId } = await store.flip(name, flipRequest(name, 2, { replaces: first ?? null }));
      const read = await store.readCurrent(name);
      expect({ versionId: read?.versionId, text: read?.value.reveal() }).toEqual({
        versionId,
        text: valueFor("e2").reveal(),
      });
    },
  },
  {
    title: "a flip with a stale `replaces` is a lost race and changes nothing",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 2);
      const before = await pictureOf(store, name);
      const stale = flipRequest(name, 3, { replaces: first ?? null });
      await expectPortError(store.flip(name, stale), "conflict", "stale-writer");
      const after = await pictureOf(store, name);
      expect({ id: after.versionId, text: after.text }).toEqual({ id: before.versionId, text: before.text });
      expect(after.versions.filter((one) => one.current)).toEqual(before.versions.filter((one) => one.current));
    },
  },
  {
    title: "a flip that expects no current value is refused where there is one",
    async run({ store }, name) {
      await flipThrough(store, name, 1);
      await expectPortError(store.flip(name, flipRequest(name, 2)), "conflict", "stale-writer");
      expect((await store.readCurrent(name))?.value.reveal()).toBe(valueFor("e1").reveal());
    },
  },
  {
    title: "a flip that expects a current value is refused where there is none",
    async run({ store }, name) {
      const { versionId } = await stageEpoch(store, name, 1);
      const wanted = flipRequest(name, 2, { replaces: versionId });
      await expectPortError(store.flip(name, wanted), "conflict", "stale-writer");
      expect(await store.readCurrent(name)).toBeNull();
    },
  },
  {
    title: "the same flip twice is one flip",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 1);
      const request = flipRequest(name, 2, { replaces: first ?? null });
      const once = await store.flip(name, request);
      const twice = await store.flip(name, request);
      expect(twice.versionId).toBe(once.versionId);
      const { versions } = await pictureOf(store, name);
      expect(versions.filter((one) => one.epoch === 2)).toEqual([
        { versionId: once.versionId, epoch: 2, current: true },
      ]);
    },
  },
  {
    title: "a flip that comes again after a later one moves nothing back",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 3);
      const late = flipRequest(name, 2, { replaces: first ?? null });
      await expectPortError(store.flip(name, late), "conflict", "stale-writer");
      expect((await store.readCurrent(name))?.value.reveal()).toBe(valueFor("e3").reveal());
    },
  },
  {
    title: "a staged version is promoted",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 1);
      const staged = await stageEpoch(store, name, 2);
      const request = flipRequest(name, 2, { replaces: first ?? null, stagedVersionId: staged.versionId });
      const { versionId } = await store.flip(name, request);
      expect((await store.readCurrent(name))?.versionId).toBe(versionId);
      expect((await store.readVersion(name, versionId)).value.reveal()).toBe(valueFor("e2").reveal());
      expect(await store.listVersions(name)).toContainEqual({ versionId, epoch: 2, current: true });
      expect((await store.flip(name, request)).versionId).toBe(versionId);
    },
  },
  {
    title: "the first value of a name can be a staged one",
    async run({ store }, name) {
      const staged = await stageEpoch(store, name, 1);
      const { versionId } = await store.flip(name, flipRequest(name, 1, { stagedVersionId: staged.versionId }));
      const read = await store.readCurrent(name);
      expect({ versionId: read?.versionId, text: read?.value.reveal() }).toEqual({
        versionId,
        text: valueFor("e1").reveal(),
      });
    },
  },
  {
    title: "a stale flip of a staged version is a lost race and leaves it readable",
    async run({ store }, name) {
      const [first] = await flipThrough(store, name, 2);
      const staged = await stageEpoch(store, name, 3);
      const stale = flipRequest(name, 3, { replaces: first ?? null, stagedVersionId: staged.versionId });
      await expectPortError(store.flip(name, stale), "conflict", "stale-writer");
      expect((await store.readCurrent(name))?.value.reveal()).toBe(valueFor("e2").reveal());
      expect((await store.readVersion(name, staged.versionId)).value.reveal()).toBe(valueFor("e3").reveal());
    },
  },
  {
    title: "a roll back makes an older text current under a new epoch",
    async run({ store }, name) {
      const versionIds = await flipThrough(store, name, 2);
      const back = flipRequest(name, 3, { value: valueFor("e1"), replaces: versionIds[1] ?? null });
      const { versionId } = await store.flip(name, back);
      expect(versionIds).not.toContain(versionId);
      expect((await store.readCurrent(name))?.value.reveal()).toBe(valueFor("e1").reveal());
      expect(await store.listVersions(name)).toContainEqual({ versionId, epoch: 3, current: true });
    },
  },
  {
    title: "of many flips at once that replace the same version at most one wins",
    async run({ store, fence }, name) {
      const [first] = await flipThrough(store, name, 1);
      const requests = Array.from({ length: writersAtOnce }, (_, index) =>
        flipRequest(name, 2, {
          value: valueFor(`writer-${index}`),
          token: tokenOf(name, `writer-${index}`),
          replaces: first ?? null,
        }),
      );
      const outcomes = await Promise.allSettled(requests.map((request) => store.flip(name, request)));
      const current = await store.readCurrent(name);
      const winners = requests.filter((_, index) => outcomes[index]?.status === "fulfilled");
      const losers = outcomes.filter((outcome) => outcome.status === "rejected");
      for (const { reason } of losers) {
        expect(reason).toBeInstanceOf(PortError);
        expect({ kind: reason.kind, reason: reason.reason }).toEqual({ kind: "conflict", reason: "stale-writer" });
      }
      const winningTexts = winners.map((request) => request.value.reveal());
      expect(winningTexts).toContain(current?.value.reveal());
      if (fence) expect(winningTexts).toHaveLength(1);
      expect((await store.listVersions(name)).filter((one) => one.current)).toHaveLength(1);
    },
  },
];
