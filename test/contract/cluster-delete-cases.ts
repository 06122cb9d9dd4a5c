import { expect } from "vitest";
import { dockerText, label, refused, writeOf } from "./cluster-fixtures.ts";
import type { ClusterCase } from "./cluster-suite.ts";

export const deleteCases: readonly ClusterCase[] = [
  {
    name: "delete: exactly what was read",
    async run({ cluster }, namespace) {
      const { uid, resourceVersion } = await cluster.createEmptySecret(namespace, "pull", label);
      await cluster.deleteSecret(namespace, "pull", uid, resourceVersion);
      expect(await cluster.readSecret(namespace, "pull")).toBeNull();
    },
  },
  {
    name: "delete: absent is success",
    async run({ cluster }, namespace) {
      const { uid, resourceVersion } = await cluster.createEmptySecret(namespace, "pull", label);
      await cluster.deleteSecret(namespace, "pull", uid, resourceVersion);
      await expect(cluster.deleteSecret(namespace, "pull", uid, resourceVersion)).resolves.toBeUndefined();
      await expect(cluster.deleteSecret("nowhere", "pull", uid, resourceVersion)).resolves.toBeUndefined();
    },
  },
  {
    name: "delete: not what has changed",
    async run({ cluster }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      const facts = await cluster.applySecret(writeOf(empty));
      const call = cluster.deleteSecret(namespace, "pull", empty.uid, empty.resourceVersion);
      await refused(call, "conflict", "stale-writer");
      expect(await cluster.readSecret(namespace, "pull")).toEqual(facts);
    },
  },
  {
    name: "delete: not what was made anew",
    async run({ cluster, deleteOutside, writeOutside }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      await deleteOutside(namespace, "pull");
      await writeOutside(namespace, "pull", { text: dockerText("quay.example.com", "kim", "hers") });
      const call = cluster.deleteSecret(namespace, "pull", empty.uid, empty.resourceVersion);
      await refused(call, "conflict", "wrong-uid");
      expect(await cluster.readSecret(namespace, "pull")).not.toBeNull();
    },
  },
];
