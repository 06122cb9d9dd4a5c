import { expect, it } from "vitest";
import type { FaultRule } from "../../functions/sandbox/faults.ts";
import type { Pullers } from "../../functions/sandbox/pullers/start-pullers.ts";
import { builtCli } from "../bundle/built.ts";
import { notClean } from "../chaos/clean-fleet.ts";
import { pullEverywhere, startHastyFleet, tickUntilIdle } from "../chaos/hasty-fleet.ts";
import type { Running } from "./capstan-process.ts";
import type { CliFleet } from "./cli-fleet.ts";

// `kill -9` of the process that runs `capstan rotate --wait`, the file that is shipped, against a sandbox.

interface Moment {
  readonly name: string;
  readonly at: Pick<FaultRule, "part" | "instance" | "kind" | "when" | "skip">;
  /** `before`: the request has no effect; `after`: the effect, and no reply. */
  readonly killed: "before" | "after";
}

/** A save of home's ledger whose text says so. */
const saves = (says: RegExp) => ({
  part: "aws" as const,
  kind: "PutItem",
  when: ({ body }: { readonly body: Buffer }) => {
    const item = (JSON.parse(body.toString("utf8")) as { Item?: { pk?: { S?: string }; text?: { S?: string } } }).Item;
    return item?.pk?.S === "sandbox/platform-pull" && says.test(item.text?.S ?? "");
  },
});
const inState = (state: string) => new RegExp(`"next":\\{"state":"${state}"|"next":\\{[^{}]*"state":"${state}"`);
const idleAndHeld = /"next":null,.*"state":"held"/;

const moments: readonly (readonly Moment[])[] = [
  [
    { name: "the attempt is named in the ledger", at: saves(inState("minting")), killed: "after" },
    { name: "the robot is made, its secret lost", at: { part: "harbor", kind: "robot.create" }, killed: "after" },
    {
      name: "the value is staged, not yet in the ledger",
      at: { part: "aws", kind: "PutSecretValue" },
      killed: "after",
    },
    { name: "before the promotion is saved", at: saves(idleAndHeld), killed: "before" },
    {
      name: "the first Secret of a cluster is written",
      at: { part: "kubernetes", kind: "secret.apply" },
      killed: "after",
    },
  ],
  [
    { name: "the ledger says proven", at: saves(inState("proven")), killed: "after" },
    { name: "the promotion is saved, nothing handed out", at: saves(idleAndHeld), killed: "after" },
    {
      name: "in the midst of the second cluster",
      at: { part: "kubernetes", instance: "prod-2", kind: "secret.apply", skip: 1 },
      killed: "before",
    },
    { name: "before the old robot is deleted", at: { part: "harbor", kind: "robot.delete" }, killed: "before" },
    {
      name: "the old robot is deleted, still in the ledger",
      at: { part: "harbor", kind: "robot.delete" },
      killed: "after",
    },
  ],
];

// Two sandboxes side by side: ten rotations one after the other would take twice as long.
it.concurrent.each(moments.map((own, at) => ({ own, sandbox: at + 1, count: own.length })))(
  "sandbox $sandbox: $count kills, each finished by ticks",
  async ({ own }) => {
    const fleet = await startHastyFleet(await builtCli());
    try {
      expect(await fleet.capstan.run(["rotate", "--wait", "--timeout", "3m"])).toMatchObject({ code: 0 });
      const pullers = pullEverywhere(fleet);
      try {
        for (const moment of own) await killAt(moment, fleet, pullers);
      } finally {
        await pullers.stop();
      }
      expect(pullers.stats().failures).toEqual([]);
      fleet.capstan.expectSilent(fleet.secrets());
    } finally {
      await fleet.close();
    }
  },
  400_000,
);

async function killAt(moment: Moment, fleet: CliFleet, pullers: Pullers): Promise<void> {
  const before = pullers.stats();
  const running: { now: Running | null } = { now: null };
  const rule = fleet.sandbox.faults.set({
    ...moment.at,
    times: 1,
    action: { type: moment.killed === "after" ? "cut-after" : "cut-before" },
    onHit: () => void running.now?.child.kill("SIGKILL"),
  });
  running.now = fleet.capstan.start(["rotate", "--wait", "--timeout", "3m"]);
  const { signal, err } = await running.now.done;
  rule.remove();
  expect({ moment: moment.name, hits: rule.hits(), signal, err }).toMatchObject({ hits: 1, signal: "SIGKILL" });

  const codes = await tickUntilIdle(fleet);
  expect(notClean(fleet), moment.name).toEqual([]);
  const after = pullers.stats();
  const pulls = after.pulls - before.pulls;
  process.stdout.write(`killed: ${moment.name}; ticks ${codes.join(" ")}; pulls ${pulls}, failed ${after.failed}\n`);
  expect(after.failures, moment.name).toEqual([]);
  expect(pulls, moment.name).toBeGreaterThan(0);
}
