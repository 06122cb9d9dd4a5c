import { expect, test } from "vitest";
import type { FaultAction, PartName } from "../../functions/sandbox/faults.ts";
import { expectServed, inStores, livingRobots } from "./expectations.ts";
import { type Kind, storyOf } from "./kinds.ts";
import { kindsOfStoreWrites } from "./store-writes.ts";
import { minuteMs, type Story } from "./story.ts";

const leaseMs = 10 * minuteMs;
const writesMax = 60;

const parts: readonly PartName[] = ["harbor", "aws", "azure", "gcp", "kubernetes"];

/**
 * Every runner dies at the n-th write of a store or ledger from now on: the write has its effect (or not), its
 * answer is lost, and nothing else of that tick reaches anybody. Tells whether there was such a write.
 */
function dieAt(story: Story, n: number, action: FaultAction): () => boolean {
  const { faults } = story.sandbox;
  let seen = 0;
  let dead = false;
  for (const part of parts) faults.set({ part, when: () => dead, action: { type: "cut-before" } });
  for (const [part, kinds] of Object.entries(kindsOfStoreWrites)) {
    for (const kind of kinds) {
      faults.set({
        part: part as PartName,
        // Targets are written elsewhere: of Kubernetes only the cluster that holds a store.
        ...(part === "kubernetes" ? { instance: "prod-3" } : {}),
        kind,
        when: () => {
          seen += 1;
          return seen === n + 1;
        },
        onHit: () => {
          dead = true;
        },
        action,
      });
    }
  }
  return () => dead;
}

/** A rotation in which the runners die at their n-th write, and what comes of it. False: there was no such write. */
async function rotateDying(story: Story, n: number, action: FaultAction): Promise<boolean> {
  const { generation } = (await story.ledger()).current ?? { generation: 0 };
  const died = dieAt(story, n, action);
  await story.tick({ type: "rotate" });
  for (let ticks = 0; ticks < 12 && !died(); ticks += 1) {
    story.passes(15 * minuteMs);
    await story.tick();
  }
  story.sandbox.faults.clear();
  story.passes(leaseMs);
  await story.untilIdle();
  const { current } = await story.ledger();
  expect([n, livingRobots(story)]).toEqual([n, [current?.robot.username]]);
  // A wish that died with its runner is asked for again; one that was taken has become a generation.
  if ((current?.generation ?? 0) === generation) await story.untilIdle({ type: "rotate" });
  const there = `g${(await story.ledger()).current?.generation} e${(await story.ledger()).epoch}`;
  expect([n, Object.values(await inStores(story))]).toEqual([n, [there, there]]);
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
  return died();
}

const stories: readonly (readonly [Kind, Kind, "cut-after" | "cut-before"])[] = [
  ["aws", "azure", "cut-after"],
  ["gcp", "kubernetes", "cut-after"],
  ["azure", "gcp", "cut-before"],
  ["kubernetes", "aws", "cut-after"],
];

test.each(stories)(
  "home on %s, a copy on %s: a runner that dies at any write (%s) costs nothing but time",
  async (home, other, type) => {
    const story = await storyOf(home, other);
    await story.untilIdle();
    let writes = 0;
    while (writes < writesMax && (await rotateDying(story, writes, { type }))) writes += 1;
    expect(writes).toBeGreaterThan(15);
    expect(writes).toBeLessThan(writesMax);
  },
  180_000,
);
