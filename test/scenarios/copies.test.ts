import { expect, test } from "vitest";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { copiers } from "../contract/copiers.ts";
import { clusterOf, expectNamed, expectServed, livingRobots, pull, usernameIn, watch } from "./expectations.ts";
import { type Configuration, given, hourMs, problemsIn, type Story } from "./story.ts";

const key = ".dockerconfigjson";

/** Of prod-1 only the source in `infra` is written; the labelled namespaces hold copies. */
const copiedBy =
  (copier: "reflector" | "kyverno") =>
  ({ credentials, ...rest }: Configuration): object => {
    const [credential] = Object.values(credentials);
    const targets = (credential?.targets ?? []).map((target) => ({
      ...target,
      by: copier,
      source: { namespace: "infra" },
    }));
    return { ...rest, credentials: { "platform-pull": { ...credential, targets } } };
  };

/** One pass of the tool: what stands in the source goes into these namespaces, unless it is there already. */
function copies(story: Story, copier: "reflector" | "kyverno", ...namespaces: readonly string[]): void {
  const cluster = clusterOf(story, "prod-1");
  const source = cluster.secret("infra", pullSecretName);
  if (source === null) throw new Error("the source is written first");
  for (const namespace of namespaces) {
    const found = cluster.secret(namespace, pullSecretName);
    const before = found === null ? null : { ...found, text: found.data[key] ?? "" };
    const { text, ...options } = copiers[copier]({ ...source, text: source.data[key] ?? "" }, before, new Date());
    cluster.putSecret(namespace, pullSecretName, { [key]: text }, options);
  }
}

// One leaves nothing of the source but its data, the other copies our marks, too.
test.each(["reflector", "kyverno"] as const)(
  "copies by %s: the source is written, and the old robot lives until each copy was read back",
  async (copier) => {
    const story = await given({ clusters: 1, namespaces: 2 });
    clusterOf(story, "prod-1").createNamespace("infra");
    await story.configure(copiedBy(copier));
    const applies = watch(story, "kubernetes secret.apply");
    await story.tick();
    expectNamed(
      await story.tick(),
      "target-unserved",
      "prod-1/team-1/platform-pull: not-synced: by .*: there is no copy",
    );
    copies(story, copier, "team-1", "team-2");
    await story.untilIdle();
    await expectServed(story, "prod-1/infra", "prod-1/team-1", "prod-1/team-2");
    const [first] = livingRobots(story);

    await story.tick({ type: "rotate" });
    for (let ticks = 0; ticks < 4; ticks += 1) {
      await story.tick();
      story.passes(hourMs);
    }
    copies(story, copier, "team-2");
    story.passes(hourMs);
    await story.tick();
    const late = await story.tick();
    expectNamed(
      late,
      "target-unserved",
      "prod-1/team-1/platform-pull: not-synced: by .* from infra/platform-pull: not copied since",
    );
    expect(problemsIn(late).filter((text) => /target-foreign|team-2/.test(text))).toEqual([]);
    expect(livingRobots(story)).toHaveLength(2);
    expect(usernameIn(story, "prod-1", "team-1")).toBe(first);
    expect(await pull(story, "prod-1", "team-1")).toBe(first);

    copies(story, copier, "team-1");
    await story.untilIdle();
    await expectServed(story, "prod-1/infra", "prod-1/team-1", "prod-1/team-2");
    expect(livingRobots(story)).not.toContain(first);
    // Empty, the first and the second generation into the source: nothing else was ever written.
    expect(applies).toHaveLength(3);
  },
);
