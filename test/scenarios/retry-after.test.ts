import { expect, test } from "vitest";
import type { FaultRule } from "../../functions/sandbox/faults.ts";
import { expectServed, inStores } from "./expectations.ts";
import { type Kind, storyOf } from "./kinds.ts";
import { minuteMs, type Story } from "./story.ts";

type Reads = Omit<FaultRule, "action">;
const pathWith =
  (word: string, is: boolean) =>
  ({ path }: { path: string }) =>
    path.includes(word) === is;

/** The request with which a tick reads the home's value, and its ledger. */
const reads: Readonly<Partial<Record<Kind, { readonly store: Reads; readonly ledger: Reads }>>> = {
  aws: { store: { part: "aws", kind: "GetSecretValue" }, ledger: { part: "aws", kind: "GetItem" } },
  azure: { store: { part: "azure", kind: "secret.get" }, ledger: { part: "azure", kind: "blob.get" } },
  gcp: {
    store: { part: "gcp", kind: "version.access" },
    ledger: { part: "gcp", kind: "secret.get", when: pathWith("capstan-ledger", true) },
  },
  kubernetes: {
    store: { part: "kubernetes", instance: "prod-3", kind: "secret.get", when: pathWith("capstan-ledger", false) },
    ledger: { part: "kubernetes", instance: "prod-3", kind: "secret.get", when: pathWith("capstan-ledger", true) },
  },
};

const askedMs = 10 * minuteMs;

/** Refuses the first of these requests with `Retry-After` and counts what comes after it. */
function askToBeLeftAlone(story: Story, rule: Reads): () => number {
  const headers = { "retry-after": String(askedMs / 1_000) };
  story.sandbox.faults.set({ ...rule, times: 1, action: { type: "reply", status: 429, headers } });
  const after = story.sandbox.faults.set({ ...rule, action: { type: "delay", delayMs: 0 } });
  return after.hits;
}

test.each([
  ["aws", "gcp"],
  ["azure", "aws"],
  ["gcp", "azure"],
  ["kubernetes", "aws"],
] as const)(
  "a store or ledger on %s that says Retry-After is left alone, and the next tick comes when it may be asked",
  async (kind, other) => {
    const story = await storyOf(kind, other);
    await story.untilIdle();
    for (const what of ["store", "ledger"] as const) {
      const rule = reads[kind]?.[what];
      if (rule === undefined) throw new Error(`no request reads the ${what} of ${kind}`);
      const comesAgain = askToBeLeftAlone(story, rule);
      const beganMs = Date.now();
      const { nextAtMs, runs } = await story.tick({ type: "rotate" });
      expect([what, comesAgain()]).toEqual([what, 0]);
      expect(nextAtMs - beganMs).toBeGreaterThanOrEqual(askedMs);
      expect(runs[0]?.outcome.nextAtMs).toBeGreaterThanOrEqual(beganMs + askedMs);
      // A scheduler asks in between, whatever the answer said.
      story.passes(askedMs / 2);
      const early = await story.tick({ type: "rotate" });
      expect([what, comesAgain()]).toEqual([what, 0]);
      expect(early.nextAtMs).toBeGreaterThanOrEqual(beganMs + askedMs);
      story.passes(early.nextAtMs - Date.now());
      await story.untilIdle();
      expect(comesAgain()).toBeGreaterThan(0);
      story.sandbox.faults.clear();
    }
    expect(new Set(Object.values(await inStores(story))).size).toBe(1);
    await expectServed(story, "prod-1/team-1", "prod-2/team-1");
  },
);
