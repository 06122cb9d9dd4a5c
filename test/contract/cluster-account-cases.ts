import { expect } from "vitest";
import { refused } from "./cluster-fixtures.ts";
import type { ClusterCase } from "./cluster-suite.ts";

export const accountCases: readonly ClusterCase[] = [
  {
    name: "account: an entry is added to an empty list",
    async run({ cluster, setAccount, accountSecrets }, namespace) {
      await setAccount(namespace, "builder", []);
      expect(await cluster.linkPullSecret(namespace, "builder", "pull")).toBe("linked");
      expect(await accountSecrets(namespace, "builder")).toEqual(["pull"]);
    },
  },
  {
    name: "account: entries of others stay, in their order",
    async run({ cluster, setAccount, accountSecrets }, namespace) {
      await setAccount(namespace, "builder", ["theirs", "builder-dockercfg-x7k2p"]);
      await cluster.linkPullSecret(namespace, "builder", "pull");
      expect(await accountSecrets(namespace, "builder")).toEqual(["theirs", "builder-dockercfg-x7k2p", "pull"]);
    },
  },
  {
    name: "account: never twice",
    async run({ cluster, setAccount, accountSecrets }, namespace) {
      await setAccount(namespace, "builder", ["pull", "theirs"]);
      expect(await cluster.linkPullSecret(namespace, "builder", "pull")).toBe("present");
      expect(await cluster.linkPullSecret(namespace, "builder", "pull")).toBe("present");
      expect(await accountSecrets(namespace, "builder")).toEqual(["pull", "theirs"]);
    },
  },
  {
    name: "account: two Secrets, one after the other",
    async run({ cluster, setAccount, accountSecrets }, namespace) {
      await setAccount(namespace, "builder", []);
      await cluster.linkPullSecret(namespace, "builder", "pull");
      await cluster.linkPullSecret(namespace, "builder", "other");
      expect(await accountSecrets(namespace, "builder")).toEqual(["pull", "other"]);
    },
  },
  {
    name: "account: taken out by somebody, it comes back",
    async run({ cluster, setAccount, accountSecrets }, namespace) {
      await setAccount(namespace, "builder", ["pull"]);
      await setAccount(namespace, "builder", ["theirs"]);
      expect(await cluster.linkPullSecret(namespace, "builder", "pull")).toBe("linked");
      expect(await accountSecrets(namespace, "builder")).toEqual(["theirs", "pull"]);
    },
  },
  {
    name: "account: one that is not there is not made",
    async run({ cluster }, namespace) {
      await refused(cluster.linkPullSecret(namespace, "nobody", "pull"), "not-found");
      await refused(cluster.linkPullSecret("nowhere", "builder", "pull"), "not-found");
    },
  },
];
