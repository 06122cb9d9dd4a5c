import { expect, test } from "vitest";
import { tick } from "../../core/app/tick.ts";
import { placeInWaves } from "../../core/protocol/site-waves.ts";
import { planCredential } from "../../functions/cli/plan-credential.ts";
import { statusOf } from "../../functions/cli/status-credential.ts";
import { credentialName, pullSecretName } from "../../functions/sandbox/configuration.ts";
import { expectNamed, expectServed, livingRobots, pull, usernameIn } from "./expectations.ts";
import { type Configuration, given, type Story } from "./story.ts";

const cluster = "prod-2";
const percent = 50;

function inWaves({ credentials, ...rest }: Configuration, waves: readonly number[] = [percent]): object {
  const [credential] = Object.values(credentials);
  const limits = { waves, waveWaitMax: "50m" };
  return { ...rest, credentials: { [credentialName]: { ...credential, limits } } };
}

/** What the namespaces of the cluster hold now, in the first wave and after it. */
function heldIn(story: Story) {
  const namespaces = story.sandbox.describe().clusters.find(({ name }) => name === cluster)?.namespaces ?? [];
  const isEarly = (namespace: string) => placeInWaves({ cluster, namespace, name: pullSecretName }) < percent;
  const of = (names: readonly string[]) => names.map((namespace) => usernameIn(story, cluster, namespace));
  const early = namespaces.filter(isEarly);
  const late = namespaces.filter((namespace) => !isEarly(namespace));
  return { early, late, inEarly: new Set(of(early)), inLate: new Set(of(late)) };
}

/** From now on a write to the cluster takes so long. */
function slowWrites(story: Story, ms: number) {
  const onHit = () => story.passes(ms);
  return story.sandbox.faults.set({
    ...{ part: "kubernetes", instance: cluster, kind: "secret.apply" },
    ...{ action: { type: "delay", delayMs: 0 }, onHit },
  });
}

const planned = async ({ tools }: Story) =>
  (await planCredential({ tools }, credentialName)).sites.find(({ site }) => site === "azure");

test("half of a cluster is written first; a wave that fails halts, keeps what is there, and goes on by itself or by --resume", async () => {
  const story = await given({ clusters: 2, namespaces: 8, configured: (file) => inWaves(file) });
  await story.untilIdle();
  const { early, late } = heldIn(story);
  expect(Math.min(early.length, late.length)).toBeGreaterThan(1);
  const [before] = livingRobots(story);

  // The first namespace may not be written: the wave is halted, tick for tick.
  const body = JSON.stringify({ kind: "Status", status: "Failure", reason: "Forbidden", message: "no", code: 403 });
  const denied = story.sandbox.faults.set({
    ...{ part: "kubernetes", instance: cluster, kind: "secret.apply" },
    when: ({ path }) => path.includes(`/namespaces/${early[0]}/`),
    action: { type: "reply", status: 403, headers: { "content-type": "application/json" }, body },
  });
  await story.tick({ type: "rotate" });
  await story.tick();
  for (let ticks = 0; ticks < 3; ticks += 1) {
    const halted = await story.tick();
    expectNamed(
      halted,
      "wave-halted",
      `azure: halted at the wave of 50 %: 1 failed, 0 may; ${late.length} targets keep`,
    );
    expect(heldIn(story).inLate).toEqual(new Set([before]));
  }
  expect(await pull(story, cluster, late[0] ?? "")).toBe(before);
  await expectServed(story, `${cluster}/${early[1]}`);
  expect(await planned(story)).toMatchObject({
    wave: { percent: 50, held: late.length },
    clusters: [{ cluster, toWrite: [`${early[0]}/${pullSecretName}`] }],
  });
  const { exitCode, problems, sites } = await statusOf(story, credentialName);
  expect(exitCode).toBe(3);
  expect(problems.map(({ code }) => code)).toContain("wave-halted");
  expect(sites.find(({ site }) => site === "azure")?.report?.wave).toMatchObject({ percent: 50, failed: 1, left: 0 });

  // Somebody looked at it, and says that it goes on.
  const { tools } = story;
  await tick(tools, { sites: ["azure"], credentials: [], acts: {}, resume: true, deadlineMs: null });
  await expectServed(story, ...late.map((namespace) => `${cluster}/${namespace}`));
  expect(livingRobots(story)).toContain(before);
  denied.remove();
  await story.untilIdle();
  await expectServed(story, `${cluster}/${early[0]}`);
  expect(livingRobots(story)).not.toContain(before);

  // With nothing in the way each wave is a tick, and the rotation ends by itself.
  await story.untilIdle({ type: "rotate" });
  await expectServed(story, `${cluster}/${early[0]}`, `${cluster}/${late[0]}`);
  expect((await planned(story))?.wave).toBeNull();
  expect((await statusOf(story, credentialName)).problems).toEqual([]);
});

test("a cluster that grows slow keeps the last wave back, named with its figures, until a write is quick again", async () => {
  const story = await given({ clusters: 2, namespaces: 8, configured: (file) => inWaves(file, [25, percent]) });
  await story.untilIdle();
  const { late } = heldIn(story);
  const [before] = livingRobots(story);
  await story.tick({ type: "rotate" });
  // The store is flipped by now: the first wave is quick, the second is not.
  await story.tick();
  const fault = slowWrites(story, 3_000);
  const halted = await story.tick();
  expectNamed(halted, "wave-halted", `azure: halted at the wave of 50 %: ${cluster} takes [0-9]+ ms for a write, `);
  expect(heldIn(story).inLate).toEqual(new Set([before]));
  const { exitCode, problems } = await statusOf(story, credentialName);
  expect([exitCode, problems.map(({ code }) => code)]).toEqual([3, expect.arrayContaining(["wave-halted"])]);
  for (let ticks = 0; ticks < 3; ticks += 1) await story.tick();
  expect(heldIn(story).inLate).toContain(before);
  fault.remove();
  await story.untilIdle();
  await expectServed(story, ...late.map((namespace) => `${cluster}/${namespace}`));
  expect((await statusOf(story, credentialName)).problems).toEqual([]);
});
