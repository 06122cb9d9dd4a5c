import { expect } from "vitest";
import { refused } from "./cluster-fixtures.ts";
import type { ClusterCase } from "./cluster-suite.ts";

export const namespaceCases: readonly ClusterCase[] = [
  {
    name: "names: those that exist, and only those",
    async run({ cluster, addNamespace }, namespace) {
      await addNamespace(`${namespace}-b`);
      const found = await cluster.listNamespaces({ by: "names", names: [`${namespace}-b`, "nowhere", namespace] });
      expect(found.map(({ name }) => name).sort()).toEqual([namespace, `${namespace}-b`].sort());
    },
  },
  {
    name: "names: none wanted, none found",
    async run({ cluster }) {
      expect(await cluster.listNamespaces({ by: "names", names: [] })).toEqual([]);
    },
  },
  {
    name: "names: a name given twice comes once",
    async run({ cluster }, namespace) {
      const found = await cluster.listNamespaces({ by: "names", names: [namespace, namespace] });
      expect(found).toEqual([{ name: namespace, terminating: false }]);
    },
  },
  {
    name: "selector: over several pages, without the exceptions",
    async run({ cluster, addNamespace }, namespace) {
      for (let n = 0; n < 8; n += 1) await addNamespace(`${namespace}-${n}`, { fleet: namespace });
      const except = [`${namespace}-3`];
      const found = await cluster.listNamespaces({ by: "selector", labelSelector: `fleet=${namespace}`, except });
      const wanted = [0, 1, 2, 4, 5, 6, 7].map((n) => ({ name: `${namespace}-${n}`, terminating: false }));
      expect(found).toEqual(wanted);
    },
  },
  {
    name: "selector: the empty one selects all",
    async run({ cluster }, namespace) {
      const found = await cluster.listNamespaces({ by: "selector", labelSelector: "", except: [] });
      expect(found.map(({ name }) => name)).toContain(namespace);
    },
  },
  {
    name: "selector: one that nobody matches finds none",
    async run({ cluster }, namespace) {
      const found = await cluster.listNamespaces({ by: "selector", labelSelector: `nobody=${namespace}`, except: [] });
      expect(found).toEqual([]);
    },
  },
  {
    name: "selector: sets, inequality and existence",
    async run({ cluster, addNamespace }, namespace) {
      await addNamespace(`${namespace}-a`, { tier: "gold", of: namespace });
      await addNamespace(`${namespace}-b`, { tier: "iron", of: namespace });
      await addNamespace(`${namespace}-c`, { of: namespace });
      const names = async (labelSelector: string) => {
        const found = await cluster.listNamespaces({ by: "selector", labelSelector, except: [] });
        return found.map(({ name }) => name.slice(-1)).join("");
      };
      expect(await names(`of=${namespace},tier in (gold, iron)`)).toBe("ab");
      expect(await names(`of=${namespace},tier notin (gold)`)).toBe("bc");
      expect(await names(`of=${namespace},tier!=gold`)).toBe("bc");
      expect(await names(`of==${namespace},tier`)).toBe("ab");
      expect(await names(`of=${namespace},!tier`)).toBe("c");
    },
  },
  {
    name: "selector: nonsense is invalid",
    async run({ cluster }) {
      await refused(cluster.listNamespaces({ by: "selector", labelSelector: "==", except: [] }), "invalid");
    },
  },
  {
    name: "a namespace that is going away says so",
    async run({ cluster, terminateNamespace }, namespace) {
      await terminateNamespace(namespace);
      const found = await cluster.listNamespaces({ by: "names", names: [namespace] });
      expect(found).toEqual([{ name: namespace, terminating: true }]);
    },
  },
  {
    name: "a namespace that is gone is not there",
    async run({ cluster, removeNamespace }, namespace) {
      await removeNamespace(namespace);
      expect(await cluster.listNamespaces({ by: "names", names: [namespace] })).toEqual([]);
    },
  },
];
