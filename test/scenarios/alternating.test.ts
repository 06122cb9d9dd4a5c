import { expect, test } from "vitest";
import { planCredential } from "../../functions/cli/plan-credential.ts";
import { credentialName } from "../../functions/sandbox/configuration.ts";
import { expectNamed, expectServed, livingRobots } from "./expectations.ts";
import { type Configuration, dayMs, given, type Story } from "./story.ts";

/** Two robots of fixed names; an administrator, since no robot may refresh another. */
function alternating(configuration: Configuration): object {
  const credential = { ...configuration.credentials[credentialName], strategy: "alternating" };
  return { ...configuration, credentials: { [credentialName]: credential } };
}

const fixed = ["a", "b"].map((slot) => `robot$${credentialName}-g${slot}`);
const current = async (story: Story) => (await story.ledger()).current?.robot;

test("two usernames take turns, pods pull with each, no robot is deleted, and what somebody writes over is put in again", async () => {
  const story = await given({ clusters: 1, namespaces: 1, harborVersion: "v2.11.0", configured: alternating });
  await story.untilIdle();
  expect((await current(story))?.username).toBe(fixed[0]);
  await story.untilIdle({ type: "rotate" });
  expect((await current(story))?.username).toBe(fixed[1]);
  await expectServed(story, "prod-1/team-1");
  expect([...livingRobots(story)].sort()).toEqual(fixed);
  expect(story.sandbox.harbor.counts.get("robot.delete")).toBeUndefined();

  const { harbor } = story.sandbox.describe();
  const { username, password } = harbor.admin;
  const authorization = `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString("base64")}`;
  const reply = await fetch(`${harbor.endpoint}/api/v2.0/robots/${(await current(story))?.id}`, {
    method: "PATCH",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ secret: "Somebody-elses-1" }),
  });
  expect(reply.status).toBe(200);
  expectNamed(await story.tick(), "secret-repaired", "it was put in again");
  await expectServed(story, "prod-1/team-1");
  expect((await story.ledger()).current).toMatchObject({ generation: 2 });

  // What the plan says of the idle robot's life is what the next rotation makes of it.
  story.passes(8 * dayMs);
  const { kept } = await planCredential({ tools: story.tools }, credentialName);
  expect(kept).toMatchObject([
    { username: fixed[0], isInUse: false, extension: { lifeDays: 39 } },
    { username: fixed[1], isInUse: true, extension: null },
  ]);
  await story.untilIdle();
  expect((await current(story))?.username).toBe(fixed[0]);
  const renewed = story.sandbox.harbor.robots().find(({ username }) => username === fixed[0]);
  expect(renewed?.expiresAtMs).toBe(kept[0]?.extension?.endsAtMs);
});
