import { expect, test } from "vitest";
import { planCredential } from "../../functions/cli/plan-credential.ts";
import { credentialName } from "../../functions/sandbox/configuration.ts";
import { expectServed, livingRobots, pull } from "./expectations.ts";
import { type Configuration, given, minuteMs, problemsIn, type Story } from "./story.ts";

/** One robot, by consent; an administrator, since no robot may refresh another. */
function inPlace(configuration: Configuration): object {
  const credential = { ...configuration.credentials[credentialName], strategy: "in-place", acceptFailedPulls: true };
  return { ...configuration, credentials: { [credentialName]: credential } };
}

const robot = `robot$${credentialName}-ga`;
const expectedWindow = async ({ tools }: Story) =>
  (await planCredential({ tools }, credentialName)).strategy.expectedWindow;
const windowTold = /^in-place-window: pulls with the old secret failed for (\d+) s at most/m;

test("plan tells the window to be expected; pulls fail where the dead secret still is, until it is served, and no longer than told", async () => {
  const story = await given({ clusters: 2, namespaces: 1, harborVersion: "v2.11.0", configured: inPlace });
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
  expect(await expectedWindow(story)).toBe(
    "until the next run of every site's runner; meant to be at most 3600 s (distributionMax)",
  );

  // One cluster cannot be reached when the secret is refreshed: its pods have a dead one.
  const dark = story.sandbox.faults.set({
    ...{ part: "kubernetes", instance: "prod-2", when: ({ path }) => !/\/secrets\/[^/]+$/.test(path) },
    action: { type: "cut-before" },
  });
  await story.tick({ type: "rotate" });
  const deadMs = story.sandbox.harbor.robots().find(({ username }) => username === robot)?.refreshedAtMs ?? 0;
  expect(await pull(story, "prod-1", "team-1")).toBe(robot);
  expect(await pull(story, "prod-2", "team-1")).toBeNull();
  story.passes(10 * minuteMs);
  expect(problemsIn(await story.tick()).join("\n")).not.toMatch(windowTold);

  dark.remove();
  const told: string[] = [];
  for (let ticks = 0; ticks < 3; ticks += 1) told.push(...problemsIn(await story.tick()));
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
  const windowS = Number(windowTold.exec(told.join("\n"))?.[1]);
  expect(windowS).toBeGreaterThanOrEqual(10 * 60);
  expect(windowS * 1000).toBeLessThanOrEqual(Date.now() - deadMs);
  expect(await expectedWindow(story)).toBe(
    `about ${windowS} s, as the last time; meant to be at most 3600 s (distributionMax)`,
  );
  expect(livingRobots(story)).toEqual([robot]);
});
