import { expect } from "vitest";
import { dockerText, host, label, loginsOf, mark, ours, present, refused, writeOf } from "./cluster-fixtures.ts";
import type { ClusterCase } from "./cluster-suite.ts";

const kims = dockerText("quay.example.com", "kim", "hers");
const force = { force: true };

/** Taking over what somebody else writes: only ever with `force`. */
export const adoptCases: readonly ClusterCase[] = [
  {
    name: "adopt: refused without force, taken with it; the others' entries, the uid and their labels stay",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text: kims, labels: { team: "a" }, manager: "kim" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      expect(facts.otherOwners).toEqual(["kim"]);
      await refused(cluster.applySecret(writeOf(facts)), "conflict", "field-owner");
      const taken = await cluster.applySecret(writeOf(facts, 1, force));
      expect(taken).toMatchObject({ uid: facts.uid, otherOwners: [], annotations: mark });
      expect(taken.labels).toEqual({ ...label, team: "a" });
      expect(loginsOf(taken)).toEqual({ [host]: ours(1), "quay.example.com": "kim:hers" });
      expect(await cluster.readSecret(namespace, "pull")).toEqual(taken);
    },
  },
  {
    name: "adopt: taken once, it is ours and needs no force any more",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text: kims, manager: "kim" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      const taken = await cluster.applySecret(writeOf(facts, 1, force));
      const next = await cluster.applySecret(writeOf(taken, 2));
      expect(loginsOf(next)).toEqual({ [host]: ours(2), "quay.example.com": "kim:hers" });
    },
  },
  {
    name: "adopt: an empty one that a controller keeps is filled",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text: '{"auths":{}}', manager: "argocd-controller" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      const taken = await cluster.applySecret(writeOf(facts, 1, force));
      expect(taken).toMatchObject({ uid: facts.uid, otherOwners: [], labels: label });
      expect(loginsOf(taken)).toEqual({ [host]: ours(1) });
    },
  },
  {
    name: "adopt: force is no way past a newer version, or another object",
    async run({ cluster, writeOutside, deleteOutside, storedText }, namespace) {
      await writeOutside(namespace, "pull", { text: '{"auths":{}}', manager: "kim" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await writeOutside(namespace, "pull", { text: kims, manager: "kim" });
      await refused(cluster.applySecret(writeOf(facts, 1, force)), "conflict", "stale-writer");
      await deleteOutside(namespace, "pull");
      await writeOutside(namespace, "pull", { text: kims, manager: "kim" });
      await refused(cluster.applySecret(writeOf(facts, 1, force)), "conflict", "wrong-uid");
      expect(await storedText(namespace, "pull")).toBe(kims);
    },
  },
  {
    name: "adopt: immutable data stays as it is",
    async run({ cluster, writeOutside, storedText }, namespace) {
      await writeOutside(namespace, "pull", { text: kims, immutable: true, manager: "kim" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await refused(cluster.applySecret(writeOf(facts, 1, force)), "conflict", "immutable");
      expect(await storedText(namespace, "pull")).toBe(kims);
    },
  },
  {
    name: "adopt: another type stays as it is",
    async run({ cluster, writeOutside, storedText }, namespace) {
      await writeOutside(namespace, "pull", { text: kims, type: "Opaque", manager: "kim" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await refused(cluster.applySecret(writeOf(facts, 1, force)), "conflict", "immutable");
      expect(await storedText(namespace, "pull")).toBe(kims);
    },
  },
  {
    name: "adopt: a malformed neighbour is not written back as good",
    async run({ cluster, writeOutside, storedText }, namespace) {
      const text = '{"auths":{"bad.example.com":{"auth":"%%%"}}}';
      await writeOutside(namespace, "pull", { text, manager: "kim" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await refused(cluster.applySecret(writeOf(facts, 1, force)), "invalid", "malformed-neighbour");
      expect(await storedText(namespace, "pull")).toBe(text);
    },
  },
];
