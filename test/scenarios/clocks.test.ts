import { expect, test } from "vitest";
import { expectNamed, expectServed, livingRobots } from "./expectations.ts";
import { given, hourMs, minuteMs, type Story } from "./story.ts";

/** Generation 2 is handed out, generation 1 drains. */
async function draining(): Promise<Story> {
  const story = await given({ clusters: 2, namespaces: 1 });
  await story.untilIdle();
  await story.tick({ type: "rotate" });
  for (let ticks = 0; ticks < 5; ticks += 1) await story.tick();
  expect((await story.ledger()).replaced).toMatchObject([{ generation: 1, state: "draining" }]);
  return story;
}

test("a runner's clock that jumps two hours ahead does not cut a drain short", async () => {
  const story = await draining();
  story.runnerClockAheadMs = 2 * hourMs;
  for (let minutes = 0; minutes < 50; minutes += 10) {
    await story.tick();
    expect((await story.ledger()).replaced).toMatchObject([{ generation: 1, state: "draining" }]);
    story.passes(10 * minuteMs);
  }
  expect(livingRobots(story)).toHaveLength(2);
  await story.untilIdle();
  expect(livingRobots(story)).toHaveLength(1);
});

test("clocks more than a day apart stop deletions and no rotation; once they agree, all is finished", async () => {
  const story = await draining();
  story.runnerClockAheadMs = 25 * hourMs;
  await story.tick({ type: "rotate" });
  for (let hours = 0; hours < 6; hours += 1) {
    story.passes(hourMs);
    expectNamed(await story.tick(), "clocks-apart", "nothing is deleted");
  }
  expect((await story.ledger()).current?.generation).toBe(3);
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
  expect(livingRobots(story)).toHaveLength(3);

  story.runnerClockAheadMs = 0;
  await story.untilIdle();
  expect(livingRobots(story)).toHaveLength(1);
});

test("a drain that began while the runner's clock was days ahead ends an hour after it was put right", async () => {
  const story = await given({ clusters: 1, namespaces: 1 });
  await story.untilIdle();
  story.runnerClockAheadMs = 20 * hourMs;
  await story.tick({ type: "rotate" });
  for (let ticks = 0; ticks < 5; ticks += 1) await story.tick();
  expect((await story.ledger()).replaced).toMatchObject([{ generation: 1, state: "draining" }]);

  story.runnerClockAheadMs = 0;
  const rightMs = Date.now();
  await story.untilIdle();
  expect(Date.now() - rightMs).toBeGreaterThan(hourMs - minuteMs);
  expect(Date.now() - rightMs).toBeLessThan(2 * hourMs);
  expect(livingRobots(story)).toHaveLength(1);
});
