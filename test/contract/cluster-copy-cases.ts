import { expect } from "vitest";
import { copyTraces } from "../../core/pullsecret/index.ts";
import { dockerText, host, label, loginsOf, mark, ours, present, refused, writeOf } from "./cluster-fixtures.ts";
import type { ClusterCase, ClusterWorld } from "./cluster-suite.ts";
import { type CopierName, copiers, type SourceSecret } from "./copiers.ts";

const at = new Date("2026-11-26T04:00:00Z");
/** What asks the tools for copies; people put it on the source. */
const asked = {
  "replicator.v1.mittwald.de/replicate-to": "team-.*",
  "reflector.v1.k8s.emberstack.com/reflection-allowed": "true",
};

async function sourceAt(world: ClusterWorld, namespace: string): Promise<SourceSecret> {
  const facts = present(await world.cluster.readSecret(namespace, "source"));
  return { ...facts, text: present(await world.storedText(namespace, "source")) };
}

const by = { "replicator push": "replicator", "replicator pull": "replicator" } as const;

const copyCases = (Object.keys(copiers) as CopierName[]).map(
  (copier): ClusterCase => ({
    name: `copy: by ${copier}: it holds the source's login, tells its source, and is not ours to write`,
    async run(world, namespace) {
      const { cluster, writeOutside, storedText } = world;
      const labels = { "capstan.dev/case": namespace };
      await cluster.applySecret(writeOf(await cluster.createEmptySecret(namespace, "source", labels), 1, { labels }));
      const source = await sourceAt(world, namespace);
      const copy = copiers[copier](source, null, at);
      await writeOutside(namespace, "pull", copy);
      const facts = present(await cluster.readSecret(namespace, "pull"));
      expect(loginsOf(facts)).toEqual({ [host]: ours(1) });
      const tells = copier === "replicator push" ? null : `${namespace}/source`;
      expect(copyTraces(facts)).toMatchObject({ by: copier in by ? "replicator" : copier, source: tells });
      expect(copyTraces(present(await cluster.readSecret(namespace, "source")))).toBeNull();
      if (copier !== "kyverno")
        expect(copyTraces(facts)?.state).toMatch(
          new RegExp(`^version ${source.resourceVersion} at 2026-11-26T04:00:00`),
        );
      // Pushed copies and clones are found by the one listing, Kyverno's with our mark on them.
      const { secrets } = await cluster.listSecrets(`capstan.dev/case=${namespace}`, null);
      const pushed = copier === "replicator push" || copier === "kyverno";
      expect(secrets.map(({ name }) => name)).toEqual(pushed ? ["pull", "source"] : ["source"]);
      expect(facts.annotations).toMatchObject(copier === "kyverno" ? mark : {});
      await refused(cluster.applySecret(writeOf(facts, 2)), "conflict", "field-owner");
      expect(await storedText(namespace, "pull")).toBe(copy.text);
    },
  }),
);

export const copyCasesOfClusters: readonly ClusterCase[] = [
  ...copyCases,
  {
    name: "copy: what asks for copies stays on a source that we write, and belongs to nobody else",
    async run({ cluster, writeOutside }, namespace) {
      const first = await cluster.applySecret(writeOf(await cluster.createEmptySecret(namespace, "source", label)));
      const stored = dockerText("quay.example.com", "kim", "hers");
      await writeOutside(namespace, "source", {
        text: stored,
        labels: { ...label, "generate.kyverno.io/clone-source": "" },
        annotations: { ...first.annotations, ...asked },
      });
      const found = present(await cluster.readSecret(namespace, "source"));
      const facts = await cluster.applySecret(writeOf(found, 2, { force: true }));
      expect(loginsOf(facts)).toEqual({ [host]: ours(2), "quay.example.com": "kim:hers" });
      expect(facts.annotations).toMatchObject({ ...asked, ...mark });
      expect(facts.labels).toMatchObject({ "generate.kyverno.io/clone-source": "" });
      expect(facts.otherOwners).toEqual([]);
      expect(copyTraces(facts)).toBeNull();
    },
  },
];
