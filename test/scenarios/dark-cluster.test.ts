import { expect, test } from "vitest";
import { credentialName } from "../../functions/sandbox/configuration.ts";
import { expectNamed, expectServed, livingRobots, pull, usernameIn } from "./expectations.ts";
import { type Configuration, dayMs, given, minuteMs, problemsIn, type Story } from "./story.ts";

/** The dark one and a served one at the same site; robots that live a fortnight. */
function withDark({ clusters, credentials, ...rest }: Configuration): object {
  const credential = credentials[credentialName];
  return {
    ...rest,
    clusters: { ...clusters, "prod-2": { ...clusters["prod-2"], site: "gcp" } },
    credentials: { [credentialName]: { ...credential, robot: { ...credential.robot, durationDays: 14 } } },
  };
}

const expiryOf = (story: Story, username: string | undefined) =>
  story.sandbox.harbor.robots().find((robot) => robot.username === username)?.expiresAtMs ?? 0;

test("a dark cluster holds the generation that it has until that one's expiry, and no rotation; who will fail is named a margin before", async () => {
  const story = await given({ clusters: 3, namespaces: 1, configured: withDark });
  await story.untilIdle();
  const [first = ""] = livingRobots(story);
  const darken = () =>
    story.sandbox.faults.set({ part: "kubernetes", instance: "prod-2", action: { type: "cut-before" } });
  let dark = darken();
  /** Its nodes reach it, and pull with what they find. */
  const pullInside = async () => {
    dark.remove();
    const username = await pull(story, "prod-2", "team-1");
    dark = darken();
    return username;
  };

  for (const generation of [2, 3]) {
    await story.tick({ type: "rotate" });
    for (let ticks = 0; ticks < 3; ticks += 1) {
      story.passes(30 * minuteMs);
      await story.tick();
    }
    expect((await story.ledger()).current?.generation).toBe(generation);
    await expectServed(story, "prod-1/team-1", "prod-3/team-1");
  }
  // Nobody can say what the dark one holds: both are kept, and it pulls with the first.
  expect(livingRobots(story)).toHaveLength(3);
  expect(usernameIn(story, "prod-2", "team-1")).toBe(first);
  expect(await pullInside()).toBe(first);

  // By the registry's clock: a margin of an hour before the first one's end.
  const endsMs = expiryOf(story, first);
  expect(endsMs - Date.now()).toBeGreaterThan(12 * dayMs);
  const near = (await story.ledger()).replaced.find(({ robot }) => robot.username === first)?.generation;
  const told = async (beforeMs: number) => {
    story.passes(endsMs - beforeMs - Date.now());
    return problemsIn(await story.tick()).filter((text) => text.includes(`generation ${near} ends`));
  };
  expect(await told(62 * minuteMs)).toEqual([]);
  story.passes(endsMs - 59 * minuteMs - Date.now());
  const warned = await story.tick();
  expectNamed(warned, "expiry-near", `generation ${near} ends in .* then pulls fail at .*prod-2`);
  expect(livingRobots(story)).toContain(first);
  expect(await pullInside()).toBe(first);

  story.passes(endsMs + minuteMs - Date.now());
  for (let ticks = 0; ticks < 3; ticks += 1) await story.tick();
  expect(livingRobots(story)).not.toContain(first);
  expect(await pullInside()).toBeNull();
  await expectServed(story, "prod-1/team-1", "prod-3/team-1");
});
