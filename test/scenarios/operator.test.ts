import { expect, test } from "vitest";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { clusterOf, expectNamed, expectServed, inStores, livingRobots } from "./expectations.ts";
import { dayMs, given, hourMs, minuteMs, type Story } from "./story.ts";

/** Generation 2 is handed out, generation 1 drains. */
async function midDrain(): Promise<Story> {
  const story = await given({ clusters: 2, namespaces: 1 });
  await story.untilIdle();
  await story.tick({ type: "rotate" });
  for (let ticks = 0; ticks < 5; ticks += 1) await story.tick();
  expect((await story.ledger()).replaced).toMatchObject([{ generation: 1, state: "draining" }]);
  return story;
}

test("a roll back mid-drain brings the old generation back under a new epoch, and schedules wait", async () => {
  const story = await midDrain();
  await story.tick({ type: "roll-back", generation: null });
  await story.untilIdle();
  expect(await inStores(story)).toEqual({ aws: "g1 e3", azure: "g1 e3", gcp: "g1 e3" });
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
  expect(livingRobots(story)).toEqual([expect.stringContaining("-g1-")]);

  story.passes(10 * dayMs);
  await story.untilIdle();
  expect((await story.ledger()).current?.generation).toBe(1);
  await story.untilIdle({ type: "rotate" });
  expect((await story.ledger()).current).toMatchObject({ generation: 3, epoch: 4 });
});

test("a revoked current generation is replaced at once and dies without an overlap", async () => {
  const story = await given({ clusters: 2, namespaces: 1 });
  await story.untilIdle();
  const startedMs = Date.now();
  await story.untilIdle({ type: "revoke", generation: 1, now: false });
  expect(Date.now() - startedMs).toBeLessThan(hourMs / 2);
  expect(livingRobots(story)).toEqual([expect.stringContaining("-g2-")]);
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
});

test("revoke --now of what drains is the end of it in that very tick", async () => {
  const story = await midDrain();
  await story.tick({ type: "revoke", generation: 1, now: true });
  expect(livingRobots(story)).toEqual([expect.stringContaining("-g2-")]);
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
});

test("nobody goes back to a revoked generation", async () => {
  const story = await midDrain();
  // Its robot cannot be deleted for the moment, so that it is still there to be asked for.
  story.sandbox.faults.set({ part: "harbor", kind: "robot.delete", action: { type: "reply", status: 503 } });
  await story.tick({ type: "revoke", generation: 1, now: false });
  expectNamed(await story.tick({ type: "roll-back", generation: 1 }), "act-refused", "generation 1 was revoked");
  story.sandbox.faults.clear();
  await story.untilIdle();
  expect((await story.ledger()).current?.generation).toBe(2);
});

test("whoever pulls on with the old login, from a copy that nobody manages, is named, and keeps it alive", async () => {
  const story = await given({ clusters: 1, namespaces: 1 });
  await story.untilIdle();
  const text = clusterOf(story, "prod-1").secret("team-1", pullSecretName)?.data[".dockerconfigjson"] ?? "";
  const { endpoint, host } = story.sandbox.describe().harbor;
  const { auth } = (JSON.parse(text) as { auths: Record<string, { auth: string }> }).auths[host] ?? { auth: "" };
  await story.tick({ type: "rotate" });
  for (let ticks = 0; ticks < 5; ticks += 1) await story.tick();
  story.passes(30 * minuteMs);
  const reply = await fetch(`${endpoint}/v2/apps/hello/manifests/1`, { headers: { authorization: `Basic ${auth}` } });
  expect(reply.status).toBe(200);
  story.passes(31 * minuteMs);
  expectNamed(await story.tick(), "still-used", "of apps/hello:1, though everybody known here holds a later one");
  story.passes(hourMs - minuteMs);
  await story.tick();
  expect((await story.ledger()).replaced).toMatchObject([{ generation: 1, state: "draining" }]);
  await story.untilIdle();
  expect(livingRobots(story)).toEqual([expect.stringContaining("-g2-")]);
});
