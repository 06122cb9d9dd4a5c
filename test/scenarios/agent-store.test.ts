import { expect, test } from "vitest";
import { expectServed, inStores, livingRobots, watch } from "./expectations.ts";
import { type Configuration, given } from "./story.ts";

/** An agent on Azure beside home on AWS; Google Cloud's store is flipped first. */
function withAgent({ sites, clusters, credentials, ...rest }: Configuration): object {
  const [credential] = Object.values(credentials);
  return {
    ...rest,
    sites: { ...sites, edge: { kind: "agent", of: "azure" } },
    clusters: { ...clusters, "prod-2": { ...clusters["prod-2"], site: "edge" } },
    credentials: { "platform-pull": { ...credential, sites: ["edge", "azure", "gcp"], canarySite: "gcp" } },
  };
}

test("an agent reads the store of its site: the value and the round are written there once, and its report counts", async () => {
  const story = await given({ clusters: 3, namespaces: 1 });
  await story.configure(withAgent);
  await story.untilIdle();
  const writes = watch(story, "azure secret.set");
  await story.untilIdle({ type: "rotate" });
  // Value and round; a site of its own would have written both again.
  expect(writes).toHaveLength(2);
  expect(await inStores(story)).toEqual({ aws: "g2 e2", azure: "g2 e2", edge: "g2 e2", gcp: "g2 e2" });
  expect((await story.ledger()).sites).toContain("edge");
  await expectServed(story, "prod-1/team-1", "prod-2/team-1", "prod-3/team-1");
  expect(livingRobots(story)).toHaveLength(1);
});

test("an agent that is gone holds back the old robot's deletion, and nothing else", async () => {
  const story = await given({ clusters: 3, namespaces: 1 });
  await story.configure(withAgent);
  await story.untilIdle();
  const { ports } = story.tools;
  const dead = { part: "kubernetes" as const, instance: "prod-2", action: { type: "cut-before" as const } };
  const fault = story.sandbox.faults.set(dead);
  await story.tick({ type: "rotate" });
  for (let ticks = 0; ticks < 6; ticks += 1) {
    story.passes(30 * 60_000);
    await story.tick();
  }
  await expectServed(story, "prod-1/team-1", "prod-3/team-1");
  expect(livingRobots(story)).toHaveLength(2);
  expect(Object.keys(ports.stores)).toContain("edge");
  fault.remove();
  await story.untilIdle();
  expect(livingRobots(story)).toHaveLength(1);
});
