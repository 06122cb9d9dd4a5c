import { expect, test } from "vitest";
import { lookAtHome } from "../../core/app/inspect.ts";
import { credentialName } from "../../functions/sandbox/configuration.ts";
import { expectNamed, expectServed, livingRobots } from "./expectations.ts";
import { type Configuration, given, minuteMs, problemsIn, type Story } from "./story.ts";

const auto =
  (more: object = {}) =>
  (configuration: Configuration) => {
    const credential = { ...configuration.credentials[credentialName], strategy: "auto", ...more };
    return { ...configuration, credentials: { [credentialName]: credential } };
  };

/** What an administrator leaves the issuer's robot with; `update` as a robot of before Harbor 2.10 may have it. */
async function leave(story: Story, ...actions: readonly string[]): Promise<void> {
  const { harbor } = story.sandbox;
  const { endpoint, admin, issuer } = story.sandbox.describe().harbor;
  const { id = 0 } = harbor.robots().find(({ username }) => username === issuer.username) ?? {};
  const login = Buffer.from(`${admin.username}:${admin.password.reveal()}`).toString("base64");
  const headers = { authorization: `Basic ${login}`, "content-type": "application/json" };
  const row = (await (await fetch(`${endpoint}/api/v2.0/robots/${id}`, { headers })).json()) as object;
  const access = actions.filter((action) => action !== "update").map((action) => ({ resource: "robot", action }));
  const permissions = [
    { kind: "system", namespace: "/", access },
    { kind: "project", namespace: "*", access: [{ resource: "repository", action: "pull" }] },
  ];
  const body = JSON.stringify({ ...row, permissions });
  const reply = await fetch(`${endpoint}/api/v2.0/robots/${id}`, { method: "PUT", headers, body });
  expect(reply.status).toBe(200);
  if (actions.includes("update")) harbor.grantByHand(id, { resource: "robot", action: "update", effect: "" });
}

async function rotated(story: Story): Promise<readonly string[]> {
  const told = problemsIn(await story.tick({ type: "rotate" }));
  const before = (await story.ledger()).promotedMax;
  for (let ticks = 0; (await story.ledger()).promotedMax === before && ticks < 10; ticks += 1) {
    story.passes(minuteMs);
    await story.tick();
  }
  await story.tick();
  return told;
}

const look = (story: Story) =>
  lookAtHome(story.tools, credentialName, {
    nowMs: Date.now(),
    entropy: story.tools.entropy,
    owner: "a look",
    deadlineMs: Date.now() + minuteMs,
  });

test("an issuer whose right to delete is taken away goes on with two robots of fixed names, and back when it has it again", async () => {
  const story = await given({ clusters: 1, namespaces: 1, configured: auto() });
  await story.untilIdle();
  expect((await story.ledger()).current?.madeOf.strategy).toBe("generations");
  expect((await look(story)).problems).toEqual([]);

  await leave(story, "create", "list", "read", "update");
  expectNamed(
    await story.tick(),
    "strategy-changes",
    "made by alternating, no longer by generations. generations cannot be: the issuer lacks robot:delete at system",
  );
  expect(story.logged.map(({ code }) => code)).toContain("strategy-changes");
  await rotated(story);
  const { current, replaced } = await story.ledger();
  expect(current).toMatchObject({ generation: 2, madeOf: { strategy: "alternating" } });
  expect(current?.robot.username).toMatch(/-ga$/);
  await expectServed(story, "prod-1/team-1");
  expect(replaced).toMatchObject([{ generation: 1, madeOf: { strategy: "generations" } }]);
  expectNamed(
    await story.tick(),
    "end-lacks-right",
    "of generation 1 cannot be taken away: the issuer lacks robot:delete",
  );
  expect(story.logged.map(({ message }) => message)).toContain(
    "generation 2 minting by alternating, no longer by generations",
  );

  await leave(story, "create", "list", "read", "update", "delete");
  await story.untilIdle({ type: "rotate" });
  expect((await story.ledger()).current).toMatchObject({ generation: 3, madeOf: { strategy: "generations" } });
  await expectServed(story, "prod-1/team-1");
  // The fixed robot stays, and what it was is nobody's any more.
  expect(livingRobots(story)).toHaveLength(2);
});

test("where no strategy can be, each says what it lacks and nothing is written; with the right it goes on by itself", async () => {
  const story = await given({ clusters: 1, namespaces: 1, configured: auto() });
  await leave(story, "list", "read");
  const told = await story.tick({ type: "rotate" });
  expectNamed(
    told,
    "no-strategy",
    "allow none. generations cannot be: the issuer lacks robot:create at system, robot:delete at system",
  );
  expectNamed(
    told,
    "no-strategy",
    "alternating cannot be: the issuer lacks robot:create at system, robot:update at system",
  );
  expectNamed(told, "no-strategy", "in-place cannot be: pulls would fail, and acceptFailedPulls: true is not written");
  await expect(story.ledger()).rejects.toThrow("there is no ledger yet");
  expect(livingRobots(story)).toEqual([]);
  const { choice, state, wouldDo } = await look(story);
  expect([choice?.strategy, state.outcome?.end, wouldDo]).toEqual([null, "blocked", []]);
  await leave(story, "create", "list", "read", "delete");
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1");
});
