import { expect } from "vitest";
import { dockerText, loginsOf, present } from "./cluster-fixtures.ts";
import type { ClusterCase } from "./cluster-suite.ts";

const text = dockerText("quay.example.com", "kim", "hers");

export const readCases: readonly ClusterCase[] = [
  {
    name: "read: absent is null",
    async run({ cluster }, namespace) {
      expect(await cluster.readSecret(namespace, "pull")).toBeNull();
      expect(await cluster.readSecret("nowhere", "pull")).toBeNull();
    },
  },
  {
    name: "read: everything a pull needs",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text, labels: { a: "b" }, annotations: { c: "d" }, manager: "kim" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      expect(facts).toMatchObject({
        namespace,
        name: "pull",
        type: "kubernetes.io/dockerconfigjson",
        immutable: false,
        labels: { a: "b" },
        annotations: { c: "d" },
        otherOwners: ["kim"],
      });
      expect(facts.uid).not.toBe("");
      expect(facts.resourceVersion).not.toBe("");
      expect(loginsOf(facts)).toEqual({ "quay.example.com": "kim:hers" });
    },
  },
  {
    name: "read: another type has no logins",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text, type: "Opaque" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      expect(facts.type).toBe("Opaque");
      expect(loginsOf(facts)).toEqual({});
    },
  },
  {
    name: "read: without the key, absent content",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text: null, type: "Opaque" });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      expect(facts.content).toEqual({ state: "absent" });
      expect(facts.otherOwners).toEqual([]);
    },
  },
  {
    name: "read: a malformed entry is named",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text: '{"auths":{"bad.example.com":{"auth":"%%%"}}}' });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      expect(facts.content).toMatchObject({ state: "malformed", entry: "bad.example.com" });
    },
  },
  {
    name: "read: immutable is told",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text, immutable: true });
      expect(present(await cluster.readSecret(namespace, "pull")).immutable).toBe(true);
    },
  },
  {
    name: "read: a further write has another version and the same uid",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text });
      const first = present(await cluster.readSecret(namespace, "pull"));
      await writeOutside(namespace, "pull", { text: '{"auths":{}}' });
      const second = present(await cluster.readSecret(namespace, "pull"));
      expect(second.uid).toBe(first.uid);
      expect(second.resourceVersion).not.toBe(first.resourceVersion);
    },
  },
  {
    name: "list: all pages, each Secret once, across namespaces",
    async run({ cluster, addNamespace, writeOutside }, namespace) {
      const labels = { list: namespace };
      await addNamespace(`${namespace}-z`);
      for (let n = 0; n < 5; n += 1) await writeOutside(namespace, `p${n}`, { text, labels });
      for (let n = 0; n < 3; n += 1) await writeOutside(`${namespace}-z`, `p${n}`, { text, labels });
      await writeOutside(namespace, "unlabelled", { text });
      const names: string[] = [];
      let token: string | null = null;
      let pages = 0;
      do {
        const page: Awaited<ReturnType<typeof cluster.listSecrets>> = await cluster.listSecrets(
          `list=${namespace}`,
          token,
        );
        names.push(...page.secrets.map((facts) => `${facts.namespace}/${facts.name}`));
        token = page.continueToken;
        pages += 1;
      } while (token !== null && pages < 10);
      const wanted = [
        ...[0, 1, 2, 3, 4].map((n) => `${namespace}/p${n}`),
        ...[0, 1, 2].map((n) => `${namespace}-z/p${n}`),
      ];
      expect([...names].sort()).toEqual(wanted.sort());
      expect(pages).toBe(3);
    },
  },
  {
    name: "list: content comes along",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "pull", { text, labels: { list: namespace }, manager: "kim" });
      const { secrets, continueToken } = await cluster.listSecrets(`list=${namespace}`, null);
      expect(continueToken).toBeNull();
      const [only] = secrets;
      expect(loginsOf(present(only))).toEqual({ "quay.example.com": "kim:hers" });
      expect(only).toEqual(await cluster.readSecret(namespace, "pull"));
    },
  },
  {
    name: "list: nothing labelled, nothing listed",
    async run({ cluster }) {
      expect(await cluster.listSecrets("list=nobody", null)).toEqual({ secrets: [], continueToken: null });
    },
  },
];
