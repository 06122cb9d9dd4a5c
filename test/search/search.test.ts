import { expect, test, vi } from "vitest";
import { search } from "./search.ts";
import { replay } from "./story.ts";
import { smallWorlds, worldCalled } from "./worlds/index.ts";

const bounds = {
  statesMax: 200_000,
  secondsMax: 3_600,
  memoryMiBMax: 1_900,
  progressEvery: 1,
  nowMs: () => performance.now(),
};
// A loaded machine takes its time; what bounds a world is its states.
vi.setConfig({ testTimeout: 300_000 });

test.each(smallWorlds)("$name: every interleaving keeps the promises, and comes to rest", (plan) => {
  const result = search(plan, bounds);
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
  expect(told.lines).toContain("2. aws#3 (home) lists the robots");
  // Every call has words of its own.
  expect(told.lines.filter((line) => /\((home|site)\) \S+:/.test(line))).toEqual([]);
});

test("a world that cannot come to rest is found, too", () => {
  // Dark for ever, and yet asked to serve everything.
  const result = search({ ...worldCalled("both-dark"), rest: "idle" }, bounds);
  expect(result.counterexample?.moves).toEqual(["azure goes dark"]);
  expect(result.counterexample?.broken.join("; ")).toContain("after 16 rounds without faults: promise 7: c1/ns0/pull");
});

test("what is assumed of a deletion is needed: without it a robot that was just handed out is deleted", () => {
  const { counterexample } = search({ ...worldCalled("restored-any-copy-awake"), promptDeletion: false }, bounds);
  expect(counterexample?.broken.join()).toMatch(/^promise 1: c0\/ns0\/pull holds .*-g2-.*, which is dead$/);
  const moves = counterexample?.moves ?? [];
  // The last look, then the lost line's runner tries and hands out what the late DELETE takes away.
  const when = (what: RegExp) => moves.findIndex((move) => what.test(move));
  expect(when(/home load-site:aws:2$/)).toBeLessThan(when(/site prove-value$/));
  expect(when(/site prove-value$/)).toBeLessThan(when(/remove-robot:2$/));
  expect(when(/apply-target/)).toBeGreaterThan(0);
});

test("a transition that is not possible stops a replay, with what is", () => {
  expect(() => replay(worldCalled("due"), { moves: ["aws#9 starts"] })).toThrow(/possible are: aws#3 starts/);
});
