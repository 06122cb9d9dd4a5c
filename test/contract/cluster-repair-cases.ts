import { expect } from "vitest";
import { host, label, login, loginsOf, ours, present, refused, writeOf } from "./cluster-fixtures.ts";
import type { ClusterCase, ClusterWorld } from "./cluster-suite.ts";

const repair = { repair: true, force: true };
const kim = Buffer.from("kim:hers").toString("base64");

/** Somebody's Secret with this text, as read. */
async function written({ cluster, writeOutside }: ClusterWorld, namespace: string, auths: object) {
  await writeOutside(namespace, "pull", { text: JSON.stringify({ auths }), labels: label });
  return present(await cluster.readSecret(namespace, "pull"));
}

/** Entries that kubelet cannot read: one stops every pull of the pods that name the Secret. */
export const repairCases: readonly ClusterCase[] = [
  {
    name: "repair: drops the entry that is malformed, keeps the others to the letter",
    async run(world, namespace) {
      const facts = await written(world, namespace, {
        "bad.example.com": { auth: "%%%" },
        "quay.example.com": { auth: kim, email: "kim@example.com" },
      });
      expect(facts.content).toMatchObject({ state: "malformed", entry: "bad.example.com" });
      const mended = await world.cluster.applySecret(writeOf(facts, 1, repair));
      expect(loginsOf(mended)).toEqual({ [host]: ours(1), "quay.example.com": "kim:hers" });
      expect(mended.uid).toBe(facts.uid);
      const text = present(await world.storedText(namespace, "pull"));
      expect(text).not.toContain("bad.example.com");
      expect(text).toContain('"email":"kim@example.com"');
    },
  },
  {
    name: "repair: several at once, of every kind that stops a pull",
    async run(world, namespace) {
      const facts = await written(world, namespace, {
        "a.example.com": { auth: "%%%" },
        "b.example.com": { auth: Buffer.from("no colon").toString("base64") },
        "c.example.com": { username: 7 },
        "d.example.com": "kim:hers",
        "quay.example.com": { auth: kim },
      });
      const mended = await world.cluster.applySecret(writeOf(facts, 1, repair));
      expect(loginsOf(mended)).toEqual({ [host]: ours(1), "quay.example.com": "kim:hers" });
    },
  },
  {
    name: "repair: our own entry, if it is the malformed one, is written anew",
    async run(world, namespace) {
      const facts = await written(world, namespace, { [host]: { auth: "%%%" } });
      const mended = await world.cluster.applySecret(writeOf(facts, 1, repair));
      expect(loginsOf(mended)).toEqual({ [host]: ours(1) });
    },
  },
  {
    name: "repair: without it, the entry is named and nothing is written",
    async run(world, namespace) {
      const facts = await written(world, namespace, { "bad.example.com": { auth: "%%%" } });
      const error = await refused(
        world.cluster.applySecret(writeOf(facts, 1, { force: true })),
        "invalid",
        "malformed-neighbour",
      );
      expect(error.message).not.toContain("%%%");
      expect(await world.cluster.readSecret(namespace, "pull")).toEqual(facts);
    },
  },
  {
    name: "repair: does not throw a whole document away",
    async run({ cluster, writeOutside, storedText }, namespace) {
      for (const text of ['{"auths":[]}', '{"auths":{},"HttpHeaders":7}']) {
        await writeOutside(namespace, "pull", { text, labels: label });
        const facts = present(await cluster.readSecret(namespace, "pull"));
        await refused(cluster.applySecret(writeOf(facts, 1, repair)), "invalid", "malformed-neighbour");
        expect(await storedText(namespace, "pull")).toBe(text);
      }
    },
  },
  {
    name: "repair: takes nothing from another owner without force",
    async run(world, namespace) {
      const facts = await written(world, namespace, { "bad.example.com": { auth: "%%%" } });
      await refused(world.cluster.applySecret(writeOf(facts, 1, { repair: true })), "conflict", "field-owner");
    },
  },
  {
    name: "registries: an entry under another spelling of our key is replaced",
    async run(world, namespace) {
      const facts = await written(world, namespace, { [`https://${host}/v2/`]: { auth: kim } });
      const served = await world.cluster.applySecret(writeOf(facts, 1, { force: true }));
      expect(loginsOf(served)).toEqual({ [host]: ours(1) });
    },
  },
  {
    name: "registries: an entry for a path of our host is somebody else's, and stays",
    async run(world, namespace) {
      const facts = await written(world, namespace, { [`${host}/team`]: { auth: kim } });
      const served = await world.cluster.applySecret(writeOf(facts, 1, { force: true }));
      expect(loginsOf(served)).toEqual({ [host]: ours(1), [`${host}/team`]: "kim:hers" });
    },
  },
  {
    name: "registries: an old entry's email goes from ours and stays in others'",
    async run(world, namespace) {
      const old = { username: "old", password: "old", email: "ops@example.com", auth: kim };
      const facts = await written(world, namespace, { [host]: old, "quay.example.com": old });
      await world.cluster.applySecret(writeOf(facts, 1, { force: true }));
      const text = present(await world.storedText(namespace, "pull"));
      const { auths } = JSON.parse(text) as { auths: Record<string, Record<string, string>> };
      expect(Object.keys(auths[host] ?? {}).sort()).toEqual(["auth", "password", "username"]);
      expect(auths["quay.example.com"]).toEqual(old);
    },
  },
  {
    name: "registries: credential helpers and other members stay",
    async run({ cluster, writeOutside, storedText }, namespace) {
      const text = '{"credHelpers":{"ecr.example.com":"ecr-login"},"auths":{}}';
      await writeOutside(namespace, "pull", { text, labels: label });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await cluster.applySecret(writeOf(facts, 1, { force: true }));
      const stored = JSON.parse(present(await storedText(namespace, "pull"))) as Record<string, unknown>;
      expect(stored["credHelpers"]).toEqual({ "ecr.example.com": "ecr-login" });
    },
  },
  {
    name: "registries: twenty at once, each in the form that all consumers read",
    async run({ cluster }, namespace) {
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      const logins = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`r${n}.example.com:8443`, login(n)]));
      const served = await cluster.applySecret(writeOf(empty, 1, { logins }));
      expect(Object.keys(loginsOf(served))).toHaveLength(20);
    },
  },
];
