import type { HomeSettings, RotationLimits } from "../../../core/protocol/settings.ts";
import type { Report, SiteLedger } from "../../../core/protocol/site-state.ts";
import {
  type Generation,
  type HomeLedger,
  type Instant,
  type MadeOf,
  type NextGeneration,
  newLedger,
  type Replaced,
} from "../../../core/protocol/state.ts";

export const t0 = 1_800_000_000_000;
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
export const ledgerId = "a".repeat(32);
export const otherId = "b".repeat(32);
export const roundId = "c".repeat(32);
export const credential = "platform-pull";

export const madeOf: MadeOf = {
  registry: "main",
  strategy: "generations",
  level: "system",
  durationDays: 30,
  rights: "project:apps:repository:pull",
};

export const limits: RotationLimits = {
  drainMs: hourMs,
  leaseMs: 5 * minuteMs,
  pollMs: minuteMs,
  attemptsPerHourMax: 6,
  attemptBackoffMs: minuteMs,
  attemptBackoffMaxMs: 10 * minuteMs,
  replacedMax: 8,
  refusedCountMin: 3,
  refusedSpanMs: 3 * minuteMs,
  emergencyGapMs: hourMs,
  emergencyGapMaxMs: dayMs,
  canaryWaitMaxMs: hourMs,
  clocksApartMaxMs: dayMs,
  lifeLeftMinMs: 3 * hourMs,
  marginMs: hourMs,
  deletionsPerTickMax: 10,
};

export function settingsWith(changes: Partial<HomeSettings> = {}): HomeSettings {
  return {
    credential,
    owner: "runner-1",
    home: "aws",
    sites: ["aws", "azure"],
    canarySite: "aws",
    madeOf,
    limits,
    act: null,
    deadlineMs: t0 + dayMs * 365,
    draws: { ledgerId, attempt: "dada", round: roundId },
    ...changes,
  };
}

/** Attempt of a generation in these tests: 1 → `0001`. */
export const attemptOf = (generation: number): string => String(generation).padStart(4, "0");
export const usernameOf = (generation: number, attempt = attemptOf(generation)): string =>
  `robot$${credential}-g${generation}-${attempt}`;
export const versionIdOf = (generation: number): string => `v${generation}`;
export const hashOf = (generation: number): string => `ff${generation}`;

export function generation(n: number, changes: Partial<Generation> = {}): Generation {
  return {
    generation: n,
    attempt: attemptOf(n),
    epoch: n,
    robot: { id: n, username: usernameOf(n), createdAtMs: t0 - dayMs, expiresAtMs: t0 + 29 * dayMs },
    versionIds: [versionIdOf(n)],
    hash: hashOf(n),
    madeOf,
    promotedAtMs: t0 - hourMs,
    revoked: false,
    endNow: false,
    ...changes,
  };
}

export function instant(localMs: number): Instant {
  return { localMs, registryMs: localMs, ledgerMs: localMs };
}

export function record(n: number, changes: Partial<Replaced> = {}): Replaced {
  const state = changes.state ?? "held";
  return {
    ...generation(n),
    state,
    replacedAtMs: t0 - hourMs,
    drainFrom: state === "held" ? null : instant(t0 - 2 * hourMs),
    ...changes,
  };
}

type Staged = Extract<NextGeneration, { versionId: string }>;

/** Generation 3, staged or proven for epoch 3. */
export function nextOf(state: Staged["state"], changes: Partial<Staged> = {}): Staged {
  const n = changes.generation ?? 3;
  const { robot, attempt } = generation(n);
  const base = { generation: n, attempt, startedAtMs: t0, reason: "manual", madeOf, rollBack: false } as const;
  return { ...base, state, epoch: 3, robot, versionId: versionIdOf(n), hash: hashOf(n), ...changes };
}

/** Generation 3, named and not minted, or minted and lost. */
export function mintingNext(changes: Partial<Extract<NextGeneration, { state: "minting" }>> = {}): NextGeneration {
  const { startedAtMs, reason, rollBack } = nextOf("staged");
  return { generation: 3, attempt: attemptOf(3), startedAtMs, reason, madeOf, rollBack, state: "minting", ...changes };
}

/** Generation 2 is current, epoch 2, nothing else is going on. */
export function ledgerWith(changes: Partial<HomeLedger> = {}): HomeLedger {
  return {
    ...newLedger(credential, ledgerId, ["aws", "azure"]),
    epoch: 2,
    generationMax: 3,
    promotedMax: 2,
    current: generation(2),
    ...changes,
  };
}

export function reportWith(changes: Partial<Report> = {}): Report {
  return {
    round: null,
    ledgerId,
    epoch: 2,
    generation: 2,
    served: 3,
    wanted: 3,
    complete: true,
    usernames: [usernameOf(2)],
    unserved: [],
    foreign: [],
    higher: null,
    atMs: t0,
    ...changes,
  };
}

export function siteLedgerWith(
  site: string,
  report: Partial<Report> | null = {},
  changes: Partial<SiteLedger> = {},
): SiteLedger {
  return {
    format: 1,
    credential,
    site,
    ledgerId,
    epoch: 2,
    epochSinceMs: t0 - hourMs,
    clusters: [],
    report: report === null ? null : reportWith(report),
    ...changes,
  };
}
