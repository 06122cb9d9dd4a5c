import { expect, test } from "vitest";
import { namespaceLabels } from "../../functions/sandbox/configuration.ts";
import { clusterOf, expectNamed, expectServed, livingRobots, pull, usernameIn } from "./expectations.ts";
import { type Configuration, given, hourMs } from "./story.ts";

function without(name: string) {
  return ({ clusters, ...rest }: Configuration) => {
    const { [name]: _removed, ...others } = clusters;
    return { ...rest, clusters: others };
  };
}

test("a new namespace is served by the next tick", async () => {
  const story = await given({ clusters: 1, namespaces: 1 });
  await story.untilIdle();
  clusterOf(story, "prod-1").createNamespace("team-new", namespaceLabels);
  clusterOf(story, "prod-1").createNamespace("somebody-elses", {});
  await story.tick();
  await expectServed(story, "prod-1/team-1", "prod-1/team-new");
  expect(usernameIn(story, "prod-1", "somebody-elses")).toBeNull();
  expect((await story.ledger()).epoch).toBe(1);
});

test("a namespace that is deleted and made anew is served again", async () => {
  const story = await given({ clusters: 1, namespaces: 2 });
  await story.untilIdle();
  clusterOf(story, "prod-1").terminateNamespace("team-2");
  expect((await story.tick()).runs.map((run) => run.outcome.problems)).toEqual([[], [], [], []]);
  clusterOf(story, "prod-1").deleteNamespace("team-2");
  clusterOf(story, "prod-1").createNamespace("team-2", namespaceLabels);
  await story.tick();
  await expectServed(story, "prod-1/team-1", "prod-1/team-2");
});

test("a new cluster is served by the next tick, with the generation that there is", async () => {
  const story = await given({ clusters: 2, namespaces: 1, configured: without("prod-2") });
  await story.untilIdle();
  expect(usernameIn(story, "prod-2", "team-1")).toBeNull();
  await story.configure();
  await story.tick();
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
  expect((await story.ledger()).generationMax).toBe(1);
});

test("the copies of a removed cluster stay ours: what they hold is not deleted, and the cluster is named", async () => {
  const story = await given({ clusters: 2, namespaces: 1 });
  await story.untilIdle();
  const [first] = livingRobots(story);
  await story.configure(without("prod-2"));

  await story.tick({ type: "rotate" });
  for (let hours = 0; hours < 5; hours += 1) {
    story.passes(hourMs);
    const result = await story.tick();
    expectNamed(result, "target-unserved", "prod-2: not-configured: .* copies are still ours");
  }
  await expectServed(story, "prod-1/team-1");
  expect(await pull(story, "prod-2", "team-1")).toBe(first);
  expect((await story.ledger()).replaced).toMatchObject([{ generation: 1, state: "held" }]);

  await story.configure();
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
  expect(livingRobots(story)).toHaveLength(1);
});
