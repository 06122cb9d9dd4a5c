import { expect } from "vitest";
import { dockerText, host, label, login, loginsOf, mark, ours, present, refused, writeOf } from "./cluster-fixtures.ts";
import type { ClusterCase } from "./cluster-suite.ts";

const kims = dockerText("quay.example.com", "kim", "hers");

const foreignCases: readonly ClusterCase[] = [
  {
    name: "foreign: a Secret that somebody made is never taken",
    async run({ cluster, writeOutside, storedText }, namespace) {
      await writeOutside(namespace, "pull", { text: kims, manager: "kim" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await refused(cluster.applySecret(writeOf(facts)), "conflict", "field-owner");
      expect(await storedText(namespace, "pull")).toBe(kims);
    },
  },
  {
    name: "foreign: not even with our label on it",
    async run({ cluster, writeOutside, storedText }, namespace) {
      await writeOutside(namespace, "pull", { text: kims, labels: label, manager: "kim" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await refused(cluster.applySecret(writeOf(facts)), "conflict", "field-owner");
      expect(await storedText(namespace, "pull")).toBe(kims);
    },
  },
  {
    name: "foreign: an edit of ours takes it away, and is named",
    async run({ cluster, writeOutside, storedText }, namespace) {
      const facts = await cluster.applySecret(writeOf(await cluster.createEmptySecret(namespace, "pull", label)));
      await writeOutside(namespace, "pull", { text: kims, labels: label, annotations: mark, manager: "kubectl-edit" });
      const edited = present(await cluster.readSecret(namespace, "pull"));
      expect(edited).toMatchObject({ uid: facts.uid, otherOwners: ["kubectl-edit"] });
      await refused(cluster.applySecret(writeOf(edited, 2)), "conflict", "field-owner");
      expect(await storedText(namespace, "pull")).toBe(kims);
    },
  },
  {
    name: "foreign: an edit that we have not seen is a stale write",
    async run({ cluster, writeOutside, storedText }, namespace) {
      const facts = await cluster.applySecret(writeOf(await cluster.createEmptySecret(namespace, "pull", label)));
      await writeOutside(namespace, "pull", { text: kims, manager: "kubectl-edit" });
      await refused(cluster.applySecret(writeOf(facts, 2)), "conflict", "stale-writer");
      expect(await storedText(namespace, "pull")).toBe(kims);
    },
  },
  {
    name: "foreign: an edit of labels alone leaves the data ours",
    async run({ cluster, writeOutside, storedText }, namespace) {
      await cluster.applySecret(writeOf(await cluster.createEmptySecret(namespace, "pull", label)));
      const text = present(await storedText(namespace, "pull"));
      await writeOutside(namespace, "pull", {
        text,
        labels: { ...label, team: "a" },
        annotations: mark,
        manager: "kim",
      });
      const edited = present(await cluster.readSecret(namespace, "pull"));
      expect(edited.otherOwners).toEqual([]);
      const served = await cluster.applySecret(writeOf(edited, 2));
      expect(loginsOf(served)).toEqual({ [host]: ours(2) });
      expect(served.labels).toEqual({ ...label, team: "a" });
    },
  },
  {
    name: "foreign: data that is the same already is owned together",
    async run({ cluster, writeOutside }, namespace) {
      const { username, password } = login(1);
      const auth = Buffer.from(`${username}:${password.reveal()}`).toString("base64");
      const text = JSON.stringify({ auths: { [host]: { username, password: password.reveal(), auth } } });
      await writeOutside(namespace, "pull", { text, manager: "kim" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      const shared = await cluster.applySecret(writeOf(facts, 1));
      expect(shared).toMatchObject({ otherOwners: ["kim"], annotations: mark });
      await refused(cluster.applySecret(writeOf(shared, 2)), "conflict", "field-owner");
    },
  },
  {
    name: "foreign: immutable data cannot be changed",
    async run({ cluster, writeOutside, storedText }, namespace) {
      await cluster.createEmptySecret(namespace, "pull", label);
      await writeOutside(namespace, "pull", { text: '{"auths":{}}', immutable: true, labels: label });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await refused(cluster.applySecret(writeOf(facts)), "conflict", "immutable");
      expect(await storedText(namespace, "pull")).toBe('{"auths":{}}');
    },
  },
  {
    name: "foreign: another type cannot be changed",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text: kims, type: "Opaque" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await refused(cluster.applySecret(writeOf(facts)), "conflict", "immutable");
    },
  },
];

const neighbourCases: readonly ClusterCase[] = [
  {
    name: "neighbour: a malformed entry stops the write",
    async run({ cluster, writeOutside, storedText }, namespace) {
      const text = '{"auths":{"bad.example.com":{"auth":"%%%"}}}';
      await writeOutside(namespace, "pull", { text, labels: label });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await refused(cluster.applySecret(writeOf(facts)), "invalid", "malformed-neighbour");
      expect(await storedText(namespace, "pull")).toBe(text);
      expect(await cluster.readSecret(namespace, "pull")).toEqual(facts);
    },
  },
  {
    name: "neighbour: a document that is none stops the write",
    async run({ cluster, writeOutside, storedText }, namespace) {
      const text = '{"auths":[]}';
      await writeOutside(namespace, "pull", { text });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await refused(cluster.applySecret(writeOf(facts)), "invalid", "malformed-neighbour");
      expect(await storedText(namespace, "pull")).toBe(text);
    },
  },
  {
    name: "neighbour: a login of ours that nobody could read is not sent, and is no neighbour's fault",
    async run({ cluster }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      const logins = { [host]: { ...login(1), username: "with:colon" } };
      await refused(cluster.applySecret(writeOf(empty, 1, { logins })), "invalid");
      expect(await cluster.readSecret(namespace, "pull")).toEqual(empty);
    },
  },
];

export const foreignAndNeighbourCases = [...foreignCases, ...neighbourCases];
