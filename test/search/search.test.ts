import { expect, test } from "vitest";
import type { Plan } from "./plan.ts";
import { search } from "./search.ts";
import { replay } from "./story.ts";
import { worlds } from "./worlds.ts";

const bounds = { statesMax: 200_000, secondsMax: 60, progressEvery: 1, nowMs: () => performance.now() };

function worldCalled(name: string): Plan {
  const plan = worlds.find((world) => world.name === name);
  if (plan === undefined) throw new Error(`no world ${name}`);
  return plan;
}

/** Small enough for every run, and together every fault once. */
test.each([
  "first-crash-lost",
  "due-crash-lost",
  "due-stale-crash",
  "event-doubled",
  "retire-roll-back",
  "echoed-roll-back-crash",
  "echoed-deleted-stale",
  "retire-restored-ledger",
  "lost-ledger",
  "both-due",
  "both-retire",
  "both-dark",
])("%s: every interleaving keeps the promises, and comes to rest", (name) => {
  const result = search(worldCalled(name), bounds);
  expect(result.counterexample).toBeNull();
  expect(result.boundedBy).toBeNull();
  expect(result.depth).toBeGreaterThan(20);
  expect(result.progressJudged).toBeGreaterThan(0);
});

test("what must not be is found by its shortest way, and the way can be gone again", () => {
  const plan = worldCalled("event-doubled");
  const result = search({ ...plan, promotionsMax: 0 }, bounds);
  expect(result.counterexample?.broken).toEqual(["promise 5: 1 promotions, where 0 were asked for"]);
  const moves = result.counterexample?.moves ?? [];
  expect(moves[0]).toBe("aws#3 starts, told to rotate");
  const told = replay({ ...plan, promotionsMax: 0 }, { moves });
  expect(told.broken).toEqual(result.counterexample?.broken);
  expect(told.lines.at(-1)).toContain("epoch 2, g2 current, g1 held");
});

test("a world that cannot come to rest is found, too", () => {
  // Dark for ever, and yet asked to serve everything.
  const result = search({ ...worldCalled("both-dark"), rest: "idle" }, bounds);
  expect(result.counterexample?.moves).toEqual(["azure goes dark"]);
  expect(result.counterexample?.broken.join("; ")).toContain("after 16 rounds without faults: promise 7: c1/ns0/pull");
});

test("a transition that is not possible stops a replay, with what is", () => {
  expect(() => replay(worldCalled("due"), { moves: ["aws#9 starts"] })).toThrow(/possible are: aws#3 starts/);
});
