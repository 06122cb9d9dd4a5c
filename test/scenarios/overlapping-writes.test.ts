import { expect, test } from "vitest";
import { credentialName } from "../../functions/sandbox/configuration.ts";
import { putOver } from "../../functions/sandbox/overlapping-put.ts";
import { expectNamed, expectServed, livingRobots } from "./expectations.ts";
import { type Configuration, given, minuteMs, type Story } from "./story.ts";

function alternating(configuration: Configuration): object {
  const credential = { ...configuration.credentials[credentialName], strategy: "alternating" };
  return { ...configuration, credentials: { [credentialName]: credential } };
}

const robotsPath = "/api/v2.0/robots";
const place = "prod-1/team-1";

/** The next refresh of a robot is overlapped by somebody's PUT of it. Resolves when both are written. */
function overlapped(story: Story): () => Promise<void> {
  let path = "";
  let writing: Promise<void> | null = null;
  story.sandbox.faults.set({
    ...{ part: "harbor", kind: "robot.refresh", times: 1, action: { type: "delay", delayMs: 0 } },
    when: (request) => {
      path = request.path;
      return true;
    },
    onHit: async () => {
      writing = (await putOver(story.sandbox, path, 300)).written;
    },
  });
  return async () => {
    if (writing === null) throw new Error("no robot was refreshed");
    await writing;
  };
}

async function patchByHand(story: Story, id: number): Promise<void> {
  const { endpoint, admin } = story.sandbox.describe().harbor;
  const authorization = `Basic ${Buffer.from(`${admin.username}:${admin.password.reveal()}`).toString("base64")}`;
  const headers = { authorization, "content-type": "application/json" };
  const reply = await fetch(`${endpoint}${robotsPath}/${id}`, { method: "PATCH", headers, body: "{}" });
  expect(reply.status).toBe(200);
}

test("an overlapping PUT brings old secrets back, both answered 200: none is promoted, none survives its end", async () => {
  const story = await given({ clusters: 1, namespaces: 1, harborVersion: "v2.11.0", configured: alternating });
  await story.untilIdle();

  // At the refresh: a first look finds the new secret, a second one, ten seconds later, the old one.
  let written = overlapped(story);
  await story.tick({ type: "rotate" });
  await written();
  expect((await story.ledger()).next).toMatchObject({ state: "proven", generation: 2 });
  story.passes(minuteMs);
  expectNamed(await story.tick(), "proof-failed", "the registry says refused");
  await expectServed(story, place);
  expect((await story.ledger()).current).toMatchObject({ generation: 1 });

  // The next attempt gets through. At the end of the first generation its secret comes back, and is thrown away again.
  for (let ticks = 0; (await story.ledger()).epoch < 2 && ticks < 10; ticks += 1) {
    story.passes(minuteMs);
    await story.tick();
  }
  written = overlapped(story);
  for (let ticks = 0; (await story.ledger()).replaced[0]?.thrownAwayAt === undefined && ticks < 10; ticks += 1) {
    await story.tick();
    story.passes(30 * minuteMs);
  }
  await written();
  const refreshes = story.sandbox.harbor.counts.get("robot.refresh") ?? 0;
  await story.untilIdle();
  expect(story.sandbox.harbor.counts.get("robot.refresh")).toBe(refreshes + 1);
  await expectServed(story, place);
  expect(livingRobots(story)).toHaveLength(2);
});

test("an issuer that is a robot may put no secret in again: it reports, and rotates away", async () => {
  const story = await given({ clusters: 1, namespaces: 1 });
  await story.untilIdle();
  const [robot] = story.sandbox.harbor.robots().filter(({ description }) => description.startsWith("capstan:"));

  // Two of others overlap, and what we had handed out is back: nothing to report.
  const written = overlapped(story);
  await patchByHand(story, robot?.id ?? 0);
  await written();
  await story.tick();
  await expectServed(story, place);
  expect((await story.ledger()).refusals).toBeNull();

  // Written over for good.
  await patchByHand(story, robot?.id ?? 0);
  expectNamed(await story.tick(), "current-not-accepted", "refused to the current generation 1");
  for (let ticks = 0; (await story.ledger()).epoch < 2 && ticks < 5; ticks += 1) {
    story.passes(2 * minuteMs);
    await story.tick();
  }
  await expectServed(story, place);
  expect((await story.ledger()).current?.robot.username).not.toBe(robot?.username);
});
