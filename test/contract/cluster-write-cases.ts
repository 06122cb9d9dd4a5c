import { expect } from "vitest";
import { dockerText, host, label, login, loginsOf, mark, ours, present, refused, writeOf } from "./cluster-fixtures.ts";
import type { ClusterCase } from "./cluster-suite.ts";

const kims = dockerText("quay.example.com", "kim", "hers");

const createCases: readonly ClusterCase[] = [
  {
    name: "create: empty, labelled, without a mark, and ours",
    async run({ cluster, storedText }, namespace) {
      const facts = await cluster.createEmptySecret(namespace, "pull", label);
      expect(await storedText(namespace, "pull")).toBe('{"auths":{}}');
      expect(facts).toMatchObject({ labels: label, annotations: {}, otherOwners: [], immutable: false });
      expect(loginsOf(facts)).toEqual({});
      expect(await cluster.readSecret(namespace, "pull")).toEqual(facts);
    },
  },
  {
    name: "create: not onto our own",
    async run({ cluster, storedText }, namespace) {
      const facts = await cluster.applySecret(writeOf(await cluster.createEmptySecret(namespace, "pull", label)));
      await refused(cluster.createEmptySecret(namespace, "pull", label), "conflict", "already-exists");
      expect(await cluster.readSecret(namespace, "pull")).toEqual(facts);
      expect(await storedText(namespace, "pull")).toContain(host);
    },
  },
  {
    name: "create: not onto an empty one that looks the same",
    async run({ cluster }, namespace) {
      const facts = await cluster.createEmptySecret(namespace, "pull", label);
      await refused(cluster.createEmptySecret(namespace, "pull", label), "conflict", "already-exists");
      expect(await cluster.readSecret(namespace, "pull")).toEqual(facts);
    },
  },
  {
    name: "create: not onto somebody else's",
    async run({ cluster, writeOutside, storedText }, namespace) {
      await writeOutside(namespace, "pull", { text: kims });
      await refused(cluster.createEmptySecret(namespace, "pull", label), "conflict", "already-exists");
      expect(await storedText(namespace, "pull")).toBe(kims);
    },
  },
  {
    name: "create: not onto another type",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text: null, type: "Opaque" });
      await refused(cluster.createEmptySecret(namespace, "pull", label), "conflict", "already-exists");
    },
  },
  {
    name: "create: not where the namespace is not",
    async run({ cluster }) {
      await refused(cluster.createEmptySecret("nowhere", "pull", label), "not-found");
    },
  },
  {
    name: "create: not where the namespace is going away",
    async run({ cluster, terminateNamespace }, namespace) {
      await terminateNamespace(namespace);
      await refused(cluster.createEmptySecret(namespace, "pull", label), "conflict", "terminating");
      expect(await cluster.readSecret(namespace, "pull")).toBeNull();
    },
  },
  {
    name: "create: a deleted one comes back under another uid",
    async run({ cluster, deleteOutside }, namespace) {
      const first = await cluster.createEmptySecret(namespace, "pull", label);
      await deleteOutside(namespace, "pull");
      const second = await cluster.createEmptySecret(namespace, "pull", label);
      expect(second.uid).not.toBe(first.uid);
    },
  },
];

const applyCases: readonly ClusterCase[] = [
  {
    name: "apply: fills the empty one, uid kept, marks and labels set",
    async run({ cluster }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      const facts = await cluster.applySecret(writeOf(empty));
      expect(facts.uid).toBe(empty.uid);
      expect(facts.resourceVersion).not.toBe(empty.resourceVersion);
      expect(facts).toMatchObject({ labels: label, annotations: mark, otherOwners: [] });
      expect(loginsOf(facts)).toEqual({ [host]: ours(1) });
      expect(await cluster.readSecret(namespace, "pull")).toEqual(facts);
    },
  },
  {
    name: "apply: username, password and auth, and nothing else",
    async run({ cluster, storedText }, namespace) {
      await cluster.applySecret(writeOf(await cluster.createEmptySecret(namespace, "pull", label)));
      const { username, password } = login(1);
      const auth = Buffer.from(`${username}:${password.reveal()}`).toString("base64");
      const wanted = { auths: { [host]: { username, password: password.reveal(), auth } } };
      expect(JSON.parse(present(await storedText(namespace, "pull")))).toEqual(wanted);
    },
  },
  {
    name: "apply: in place, generation after generation",
    async run({ cluster }, namespace) {
      let facts = await cluster.createEmptySecret(namespace, "pull", label);
      const { uid } = facts;
      for (const generation of [1, 2, 3]) {
        facts = await cluster.applySecret(writeOf(facts, generation));
        expect(loginsOf(facts)).toEqual({ [host]: ours(generation) });
        expect(facts.uid).toBe(uid);
      }
    },
  },
  {
    name: "apply: what is the same already keeps its version",
    async run({ cluster }, namespace) {
      const facts = await cluster.applySecret(writeOf(await cluster.createEmptySecret(namespace, "pull", label)));
      expect(await cluster.applySecret(writeOf(facts))).toEqual(facts);
    },
  },
  {
    name: "apply: several registries, each kept when another is written",
    async run({ cluster }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      const two = { [host]: login(1), "b.example.com:8443": login(2) };
      const both = await cluster.applySecret(writeOf(empty, 1, { logins: two }));
      expect(loginsOf(both)).toEqual({ [host]: ours(1), "b.example.com:8443": ours(2) });
      const one = await cluster.applySecret(writeOf(both, 3));
      expect(loginsOf(one)).toEqual({ [host]: ours(3), "b.example.com:8443": ours(2) });
    },
  },
  {
    name: "apply: a mark or label that is named no more goes",
    async run({ cluster }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      const twoMarks = { ...mark, "epoch.capstan.dev/other": "ledger.9" };
      const twoLabels = { ...label, more: "yes" };
      const first = await cluster.applySecret(writeOf(empty, 1, { annotations: twoMarks, labels: twoLabels }));
      expect(first).toMatchObject({ annotations: twoMarks, labels: twoLabels });
      const second = await cluster.applySecret(writeOf(first, 1));
      expect({ annotations: second.annotations, labels: second.labels }).toEqual({ annotations: mark, labels: label });
    },
  },
  {
    name: "apply: a stale version is refused",
    async run({ cluster }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      const facts = await cluster.applySecret(writeOf(empty, 2));
      await refused(cluster.applySecret(writeOf(empty, 1)), "conflict", "stale-writer");
      expect(await cluster.readSecret(namespace, "pull")).toEqual(facts);
    },
  },
  {
    name: "apply: of two at once, one wins",
    async run({ cluster }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      const results = await Promise.allSettled([1, 2, 3].map((n) => cluster.applySecret(writeOf(empty, n))));
      const lost = results.filter((result) => result.status === "rejected");
      expect(lost.map(({ reason }) => reason.reason)).toEqual(["stale-writer", "stale-writer"]);
    },
  },
  {
    name: "apply: a deleted one stays deleted",
    async run({ cluster, deleteOutside }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      await deleteOutside(namespace, "pull");
      await refused(cluster.applySecret(writeOf(empty)), "conflict", "wrong-uid");
      expect(await cluster.readSecret(namespace, "pull")).toBeNull();
    },
  },
  {
    name: "apply: one made anew is another",
    async run({ cluster, deleteOutside }, namespace) {
      const first = await cluster.createEmptySecret(namespace, "pull", label);
      await deleteOutside(namespace, "pull");
      const second = await cluster.createEmptySecret(namespace, "pull", label);
      await refused(cluster.applySecret(writeOf(first)), "conflict", "wrong-uid");
      expect(await cluster.readSecret(namespace, "pull")).toEqual(second);
    },
  },
  {
    name: "apply: with its namespace gone, it is gone",
    async run({ cluster, removeNamespace }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      await removeNamespace(namespace);
      await refused(cluster.applySecret(writeOf(empty)), "conflict", "wrong-uid");
    },
  },
  {
    name: "apply: a present one in a namespace that is going away is still served",
    async run({ cluster, terminateNamespace }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      await terminateNamespace(namespace);
      expect(loginsOf(await cluster.applySecret(writeOf(empty)))).toEqual({ [host]: ours(1) });
    },
  },
];

export const writeCases = [...createCases, ...applyCases];
