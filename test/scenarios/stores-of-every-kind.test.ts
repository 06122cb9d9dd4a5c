import { expect, test } from "vitest";
import { Secret } from "../../core/secret.ts";
import { expectNamed, expectServed, inStores, livingRobots, watch } from "./expectations.ts";
import { darkness, type Kind, kinds, storyOf } from "./kinds.ts";
import { hourMs, type Story } from "./story.ts";

const name = "capstan-platform-pull";
const homeFor = (kind: Kind): Kind => (kind === "aws" ? "gcp" : "aws");

/** Somebody with rights on the store makes a text current there, by whatever way that store has. */
async function put(story: Story, kind: Kind, text: Secret, epoch: number): Promise<void> {
  const store = story.tools.ports.stores[kind];
  const current = await store?.readCurrent(name);
  await store?.flip(name, {
    value: text,
    tag: { ledgerId: "0".repeat(32), epoch, generation: epoch },
    token: `by-somebody-else-${Date.now()}-${epoch}`.padEnd(40, "-"),
    replaces: current?.versionId ?? null,
    stagedVersionId: null,
  });
}

test.each(kinds)("a store of kind %s that holds somebody else's value is named and put right", async (kind) => {
  const story = await storyOf(homeFor(kind), kind);
  await story.untilIdle();
  await put(story, kind, new Secret("somebody else's"), 1);
  const applied = watch(story, "kubernetes secret.apply");
  expectNamed(await story.tick(), "outside-write", `somebody else wrote the value in the store of ${kind}`);
  expect(applied).toEqual([]);
  story.sandbox.faults.clear();
  await story.untilIdle();
  expect(Object.values(await inStores(story))).toEqual(["g1 e1", "g1 e1"]);
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
});

test.each(kinds)("a store of kind %s restored from an old backup is brought forward", async (kind) => {
  const story = await storyOf(homeFor(kind), kind);
  await story.untilIdle();
  const backup = await story.tools.ports.stores[kind]?.readCurrent(name);
  await story.untilIdle({ type: "rotate" });
  await put(story, kind, backup?.value ?? new Secret(""), 1);
  expect((await inStores(story))[kind]).toBe("g1 e1");
  await story.untilIdle();
  expect(Object.values(await inStores(story))).toEqual(["g2 e2", "g2 e2"]);
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
  expect(livingRobots(story)).toEqual([expect.stringContaining("-g2-")]);
});

test.each(kinds.filter((kind) => darkness(kind) !== null))(
  "a store of kind %s that is dark holds back the retirement alone, and is brought up when it is back",
  async (kind) => {
    const story = await storyOf(homeFor(kind), kind);
    await story.untilIdle();
    const dark = story.sandbox.faults.set({ part: "aws", ...darkness(kind), action: { type: "cut-before" } });
    await story.tick({ type: "rotate" });
    for (let ticks = 0; ticks < 8; ticks += 1) {
      story.passes(hourMs);
      await story.tick();
    }
    expect((await inStores(story).catch(() => null)) ?? "dark").toBe("dark");
    await expectServed(story, "prod-1/team-1");
    expect(livingRobots(story)).toHaveLength(2);
    dark.remove();
    await story.untilIdle();
    expect(Object.values(await inStores(story))).toEqual(["g2 e2", "g2 e2"]);
    await expectServed(story, "prod-1/team-1", "prod-2/team-1");
    expect(livingRobots(story)).toEqual([expect.stringContaining("-g2-")]);
  },
);

test.each(kinds)(
  "a ledger of kind %s restored from an old backup is rebuilt, and nothing is deleted meanwhile",
  async (kind) => {
    const story = await storyOf(kind, homeFor(kind));
    await story.untilIdle();
    const backup = await story.ledgerText();
    await story.untilIdle({ type: "rotate" });
    await story.putLedger(backup);
    const deleted = watch(story, "harbor robot.delete");
    expectNamed(await story.tick(), "ledger-rebuilt", "is of generation 2, the ledger knows 1");
    expect(deleted).toEqual([]);
    await expectServed(story, "prod-1/team-1");
    story.sandbox.faults.clear();
    await story.untilIdle();
    await expectServed(story, "prod-1/team-1", "prod-2/team-1");
    expect(livingRobots(story)).toHaveLength(1);
  },
);
