import { parseRobotMark } from "../../../core/protocol/mark.ts";
import { createScrubber } from "../../../core/scrub.ts";
import { credentialName } from "../configuration.ts";
import type { RobotFacts } from "../harbor/start-harbor.ts";
import type { PullStats } from "../pullers/tally.ts";
import type { Sandbox } from "../start.ts";
import type { PullLedger, RotationSeen } from "./measure.ts";
import type { DemoOptions, DemoStrategy } from "./options.ts";
import { type DemoReport, storesForReport } from "./report.ts";
import type { ActiveFault } from "./stage.ts";
import { mostWrites } from "./store-writes.ts";
import { askStores, type StoreAtEnd } from "./stores.ts";

/** What the demo has seen, when all is over. */
export interface DemoEvidence {
  readonly options: DemoOptions;
  readonly sandbox: Sandbox;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly pulls: PullLedger;
  readonly stats: PullStats;
  /** `<cluster>/<namespace>` */
  readonly namespaces: readonly string[];
  readonly rotations: readonly RotationSeen[];
  readonly fault: ActiveFault | null;
  /** Every line that the functions wrote. */
  readonly logs: readonly string[];
}

/** Robots at rest after a rotation. */
const robotsKept: Readonly<Record<DemoStrategy, number>> = { generations: 1, alternating: 2 };

const writeKinds = ["secret.apply", "secret.create", "secret.patch"] as const;

export async function judgeDemo(evidence: DemoEvidence): Promise<DemoReport> {
  const { options, sandbox, startedMs, stats, rotations, fault } = evidence;
  const stores = await askStores(sandbox, `capstan-${credentialName}`, () => Date.now());
  const living = sandbox.harbor
    .robots()
    .filter(
      ({ deletedAtMs, username, description }) =>
        deletedAtMs === null && parseRobotMark(username, description) !== null,
    );
  const per = evidence.pulls.perNamespace(evidence.namespaces, rotations, evidence.endedMs);
  const since = (ms: number | null) => (ms === null ? null : ms - startedMs);
  const exposureMs = rotations.map(({ oldBearersEndMs, promotedMs }) =>
    Math.max(0, (oldBearersEndMs ?? promotedMs) - promotedMs),
  );
  return {
    pulls: stats.pulls,
    failedPulls: stats.failed,
    pullsByState: evidence.pulls.byPhase(),
    pullsPerNamespaceMin: per.min,
    rotations: rotations.length,
    robotsLeft: living.length,
    stores: storesForReport(stores),
    exposureMs,
    writes: sandbox.clusters.reduce(
      (sum, { counts }) => sum + writeKinds.reduce((part, kind) => part + (counts.get(kind) ?? 0), 0),
      0,
    ),
    storeWrites: mostWrites(rotations.map(({ writes }) => writes)),
    fault:
      fault === null || options.fault === null
        ? null
        : {
            name: options.fault,
            fired: fault.fired(),
            firstMs: since(fault.firstMs()),
            healedMs: since(fault.healedMs()),
          },
    wallMs: Date.now() - startedMs,
    seed: options.seed,
    broken: brokenPromises(evidence, stores, living, per.missed),
  };
}

function brokenPromises(
  evidence: DemoEvidence,
  stores: Readonly<Record<string, StoreAtEnd>>,
  living: readonly RobotFacts[],
  missed: readonly string[],
): readonly string[] {
  const { stats, fault, options } = evidence;
  const broken = stats.failures
    .slice(0, 5)
    .map(
      ({ cluster, namespace, causes }) =>
        `a pull failed: ${cluster}/${namespace}: ${causes.map(({ stage, status, detail }) => `${stage} ${status ?? ""} ${detail}`).join("; ")}`,
    );
  const check = (holds: boolean, text: string) => {
    if (!holds) broken.push(text);
  };
  const epochs = new Set(Object.values(stores).map(({ epoch }) => epoch));
  check(living.length === robotsKept[options.strategy], `${living.length} robots with our mark are left`);
  check(epochs.size === 1 && !epochs.has(null), "the stores do not agree on the epoch");
  const current = evidence.rotations.at(-1)?.newUsername;
  check(
    living.some(({ username }) => username === current) &&
      Object.values(stores).every(({ username }) => username === current),
    "a store does not hold the robot that is left",
  );
  const epoch = Math.max(...[...epochs].map((one) => one ?? 0));
  const promotions = epoch - (evidence.rotations[0]?.epochBefore ?? epoch);
  check(promotions === options.rotations, `${promotions} promotions for ${options.rotations} rotations asked for`);
  check(
    missed.length === 0,
    `namespaces that did not pull in all three parts of a rotation: ${missed.slice(0, 3).join(", ")}`,
  );
  check(fault === null || fault.fired() > 0, `the fault ${options.fault} never fired`);
  check(leaks(evidence) === 0, "a secret stands in the functions' logs");
  return broken;
}

/** Lines of the functions' logs in which a secret of the sandbox stands, in any of its forms. */
function leaks({ sandbox, logs }: DemoEvidence): number {
  const { harbor, aws, azure, clusters } = sandbox.describe();
  const tokens = clusters.map(({ runnerToken }) => runnerToken);
  const scrub = createScrubber([
    harbor.issuer.password,
    harbor.admin.password,
    aws.secretAccessKey,
    azure.identityHeader,
    ...tokens,
    ...sandbox.harbor.secrets(),
  ]);
  return logs.filter((line) => scrub(line) !== line).length;
}
