import { expect, it } from "vitest";
import { decodeValue } from "../../core/engine/value.ts";
import { Secret } from "../../core/secret.ts";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import type { FaultRule } from "../../functions/sandbox/faults.ts";
import { type Pullers, startPullers } from "../../functions/sandbox/pullers/start-pullers.ts";
import type { Running } from "./capstan-process.ts";
import { type CliFleet, startCloudFleet } from "./cli-fleet.ts";

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

const ticksMax = 60;
/** A scheduler pauses: ticks back to back would find out nothing new, and keep the processor from those beside. */
const tickEveryMs = 300;
const short: readonly (readonly [RegExp, string])[] = [
  [/overlap: 3s/, "overlap: 600ms"],
  [/longestPull: 3s/, "longestPull: 600ms"],
  [/poll: 300ms/, "poll: 100ms"],
  [/lease: 10s/, "lease: 3s"],
  [/tickDeadline: 10s/, "tickDeadline: 3s"],
  [/requestTimeout: 5s/, "requestTimeout: 2500ms"],
  [/attemptBackoff: 1s/, "attemptBackoff: 100ms"],
];

// Two sandboxes side by side: ten rotations one after the other would take twice as long.
it.concurrent.each(moments.map((own, at) => ({ own, sandbox: at + 1, count: own.length })))(
  "sandbox $sandbox: $count kills, each finished by ticks",
  async ({ own }) => {
    const fleet = await startCloudFleet({ clusters: 3, namespacesPerCluster: 2 });
    try {
      fleet.edit((text) => short.reduce((changed, [from, to]) => changed.replace(from, to), text));
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

  const codes = await tickUntilIdle(moment, fleet);
  await expectCleanFleet(fleet);
  const after = pullers.stats();
  const pulls = after.pulls - before.pulls;
  process.stdout.write(`killed: ${moment.name}; ticks ${codes.join(" ")}; pulls ${pulls}, failed ${after.failed}\n`);
  expect(after.failures, moment.name).toEqual([]);
  expect(pulls, moment.name).toBeGreaterThan(0);
}

/** `capstan tick` as a scheduler calls it, until it says that nothing is left to do. */
async function tickUntilIdle({ name }: Moment, { capstan }: CliFleet): Promise<readonly (number | null)[]> {
  const codes: (number | null)[] = [];
  let err = "";
  while (codes.at(-1) !== 0 && codes.length < ticksMax) {
    const ticked = await capstan.run(["tick"]);
    codes.push(ticked.code);
    err = ticked.err;
    // Not finished, or the dead one's lease still runs: everything else is a failure.
    expect([0, 3, 75], `${name}: ${err}`).toContain(ticked.code);
    if (ticked.code !== 0) await new Promise((resolve) => setTimeout(resolve, tickEveryMs));
  }
  expect(codes.at(-1), `${name}: ${err}`).toBe(0);
  return codes;
}

/** One robot, all three stores with it under one epoch, every namespace with it. */
async function expectCleanFleet(fleet: CliFleet): Promise<void> {
  const { aws, azure, gcp, clusters } = fleet.sandbox;
  const [robot = "", ...others] = fleet.robots();
  expect(others).toEqual([]);
  const name = "capstan-platform-pull";
  const inGcp = gcp.secret(name);
  const current = [
    aws.secret(name)?.find(({ stages }) => stages.includes("AWSCURRENT"))?.value,
    azure.secret(name)?.at(-1)?.value,
    inGcp?.versions.find(({ number }) => number === inGcp.aliases["current"])?.value,
  ];
  const values = current.map((text) => {
    const decoded = decodeValue(new Secret(text ?? ""));
    return decoded.is === "ours" ? { username: decoded.value.login.username, epoch: decoded.value.epoch } : decoded.is;
  });
  expect(values[0]).toMatchObject({ username: robot });
  expect(new Set(values.map((value) => JSON.stringify(value))).size).toBe(1);
  const held = clusters.flatMap((cluster) => cluster.secrets()).filter((secret) => secret.name === pullSecretName);
  expect(held).toHaveLength(6);
  for (const { data } of held) expect(data[".dockerconfigjson"]).toContain(JSON.stringify(robot));
}

function pullEverywhere({ sandbox }: CliFleet): Pullers {
  const { harbor, clusters, caPem } = sandbox.describe();
  return startPullers({
    clusters: clusters.map(({ name, server, namespaces, nodeToken }) => ({
      name,
      server,
      caPem,
      token: nodeToken.reveal(),
      namespaces,
    })),
    registry: { endpoint: harbor.endpoint, host: harbor.host },
    image: harbor.image,
    secretName: pullSecretName,
    paceMs: 600,
    random: Math.random,
    nowMs: () => Date.now(),
  });
}
