import { expect } from "vitest";
import { refused } from "./cluster-fixtures.ts";
import type { ClusterCase } from "./cluster-suite.ts";

export const accountCases: readonly ClusterCase[] = [
  {
    name: "account: an entry is added to an empty list",
    async run({ cluster, setAccount, accountSecrets }, namespace) {
      await setAccount(namespace, "builder", []);
      expect(await cluster.linkPullSecret(namespace, "builder", "pull")).toEqual({ is: "linked", added: ["pull"] });
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
      const present = { is: "present", added: [] };
      expect(await cluster.linkPullSecret(namespace, "builder", "pull")).toEqual(present);
      expect(await cluster.linkPullSecret(namespace, "builder", "pull")).toEqual(present);
      expect(await accountSecrets(namespace, "builder")).toEqual(["pull", "theirs"]);
    },
  },
  {
    name: "account: two Secrets, one after the other",
    async run({ cluster, setAccount, accountSecrets }, namespace) {
      await setAccount(namespace, "builder", []);
      await cluster.linkPullSecret(namespace, "builder", "pull");
      const both = { is: "linked", added: ["pull", "other"] };
      expect(await cluster.linkPullSecret(namespace, "builder", "other")).toEqual(both);
      expect(await accountSecrets(namespace, "builder")).toEqual(["pull", "other"]);
    },
  },
  {
    name: "account: taken out by somebody, it comes back",
    async run({ cluster, setAccount, accountSecrets }, namespace) {
      await setAccount(namespace, "builder", ["pull"]);
      await setAccount(namespace, "builder", ["theirs"]);
      expect(await cluster.linkPullSecret(namespace, "builder", "pull")).toMatchObject({ is: "linked" });
      expect(await accountSecrets(namespace, "builder")).toEqual(["theirs", "pull"]);
    },
  },
  {
    name: "account: one that is not there is not made",
    async run({ cluster }, namespace) {
      await refused(cluster.linkPullSecret(namespace, "nobody", "pull"), "not-found");
      await refused(cluster.linkPullSecret("nowhere", "builder", "pull"), "not-found");
      await refused(cluster.unlinkPullSecret(namespace, "nobody", "pull"), "not-found");
    },
  },
  {
    name: "account: an entry of ours is taken out when its Secret is gone, and never before",
    async run({ cluster, setAccount, accountSecrets, writeOutside, deleteOutside }, namespace) {
      await setAccount(namespace, "builder", ["theirs"]);
      await writeOutside(namespace, "pull", { text: '{"auths":{}}' });
      await cluster.linkPullSecret(namespace, "builder", "pull");
      await cluster.linkPullSecret(namespace, "builder", "other");
      expect(await cluster.unlinkPullSecret(namespace, "builder", "pull")).toBe("kept");
      await deleteOutside(namespace, "pull");
      expect(await cluster.unlinkPullSecret(namespace, "builder", "pull")).toBe("unlinked");
      expect(await accountSecrets(namespace, "builder")).toEqual(["theirs", "other"]);
      expect(await cluster.unlinkPullSecret(namespace, "builder", "pull")).toBe("kept");
      const left = { is: "present", added: ["other"] };
      expect(await cluster.linkPullSecret(namespace, "builder", "other")).toEqual(left);
    },
  },
  {
    name: "account: an entry that others made is never taken out, nor missed once they took ours out",
    async run({ cluster, setAccount, accountSecrets }, namespace) {
      await setAccount(namespace, "builder", ["theirs"]);
      expect(await cluster.linkPullSecret(namespace, "builder", "theirs")).toEqual({ is: "present", added: [] });
      expect(await cluster.unlinkPullSecret(namespace, "builder", "theirs")).toBe("kept");
      await cluster.linkPullSecret(namespace, "builder", "pull");
      await setAccount(namespace, "builder", ["theirs"]);
      expect(await cluster.unlinkPullSecret(namespace, "builder", "pull")).toBe("kept");
      expect(await accountSecrets(namespace, "builder")).toEqual(["theirs"]);
    },
  },
];
