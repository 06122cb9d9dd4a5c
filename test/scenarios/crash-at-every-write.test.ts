import { expect, test } from "vitest";
import { PortError } from "../../core/ports/errors.ts";
import type { FaultAction, PartName } from "../../functions/sandbox/faults.ts";
import { expectServed, inStores, livingRobots } from "./expectations.ts";
import { type Kind, storyOf } from "./kinds.ts";
import { kindsOfStoreWrites } from "./store-writes.ts";
import { minuteMs, type Story } from "./story.ts";

const leaseMs = 10 * minuteMs;
const writesMax = 60;

const parts: readonly PartName[] = ["harbor", "aws", "azure", "gcp", "kubernetes"];

/** Counts writes until the fatal one; from then on nothing reaches anybody. */
class Death {
  #left: number;
  dead = false;

  constructor(writesBefore: number) {
    this.#left = writesBefore;
  }

  /** Is this write the fatal one? */
  strikes(): boolean {
    this.#left -= 1;
    return this.#left === -1;
  }
}

/**
 * Every runner dies at the n-th write of a store or ledger from now on: the write has its effect (or not), its
 * answer is lost, and nothing else of that tick reaches anybody.
 */
function dieAt(story: Story, n: number, action: FaultAction): { readonly died: () => boolean; mend(): void } {
  const { faults } = story.sandbox;
  const death = new Death(n);
  for (const part of parts) faults.set({ part, when: () => death.dead, action: { type: "cut-before" } });
  for (const [part, kinds] of Object.entries(kindsOfStoreWrites)) {
    for (const kind of kinds) {
      faults.set({
        part: part as PartName,
        // Targets are written elsewhere: of Kubernetes only the cluster that holds a store.
        ...(part === "kubernetes" ? { instance: "prod-3" } : {}),
        kind,
        when: () => death.strikes(),
        onHit: () => {
          death.dead = true;
        },
        action,
      });
    }
  }
  const unkillFiles = killFiles(story, death, action.type === "cut-after");
  return {
    died: () => death.dead,
    mend() {
      faults.clear();
      unkillFiles();
    },
  };
}

const writesOfFiles = ["stage", "flip", "writeRound", "discard", "save"];

/** Files have no server that could cut a connection: a local site's calls are cut between port and files. */
function killFiles(story: Story, death: Death, afterwards: boolean): () => void {
  const homes: Readonly<Record<string, object>>[] = [story.tools.ports.stores, story.tools.ports.ledgers];
  const before = homes.map(({ local }) => local);
  type Call = (...args: readonly unknown[]) => Promise<unknown>;
  const mortal = (name: string, call: Call): Call => {
    const lost = () => new PortError("unreachable", "the runner is dead", { system: "local", operation: name });
    return async (...args) => {
      if (death.dead) throw lost();
      if (!writesOfFiles.includes(name) || !death.strikes()) return call(...args);
      if (afterwards) await call(...args);
      death.dead = true;
      throw lost();
    };
  };
  for (const home of homes) {
    if (home["local"] === undefined) continue;
    const calls = Object.entries(home["local"] as Readonly<Record<string, Call>>);
    Object.assign(home, { local: Object.fromEntries(calls.map(([name, call]) => [name, mortal(name, call)])) });
  }
  return () => {
    for (const [at, home] of homes.entries()) if (before[at] !== undefined) Object.assign(home, { local: before[at] });
  };
}

/** A rotation in which the runners die at their n-th write, and what comes of it. False: there was no such write. */
async function rotateDying(story: Story, n: number, action: FaultAction): Promise<boolean> {
  const { generation } = (await story.ledger()).current ?? { generation: 0 };
  const { died, mend } = dieAt(story, n, action);
  await story.tick({ type: "rotate" });
  for (let ticks = 0; ticks < 12 && !died(); ticks += 1) {
    story.passes(15 * minuteMs);
    await story.tick();
  }
  mend();
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

/** Each kind is home once and a copy once. */
const stories: readonly (readonly [Kind, Kind, "cut-after" | "cut-before"])[] = [
  ["aws", "azure", "cut-after"],
  ["azure", "gcp", "cut-before"],
  ["gcp", "kubernetes", "cut-after"],
  ["kubernetes", "local", "cut-after"],
  ["local", "aws", "cut-before"],
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
