import * as z from "zod";
import { duration } from "./duration.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const count = (description: string, max: number) => z.int().min(1).max(max).meta({ description });
const span = (description: string, maxMs: number, minMs = 0) => duration(description, { minMs, maxMs });

/** Everything has a limit. The defaults suit a fleet of some hundred targets and a tick every five minutes. */
export const limitsSchema = z
  .strictObject({
    attemptsPerHourMax: count("Robots minted per hour", 1_000).default(6),
    attemptBackoff: span("First pause after a failed attempt; doubles with each", dayMs).prefault("1m"),
    attemptBackoffMax: span("Longest pause between attempts", 30 * dayMs).prefault("1h"),
    replacedMax: count("Replaced generations alive at the same time", 50).default(8),
    deletionsPerTickMax: count("Robots deleted in one tick", 1_000).default(10),
    targetsPerTickMax: count("Targets written in one tick", 100_000).default(5_000),
    concurrencyPerClusterMax: count("Requests in flight to one cluster", 64).default(8),
    tickDeadline: span("Longest tick", 6 * hourMs, 1_000).prefault("4m"),
    poll: span("When to look again while something outside is waited for", dayMs, 10).prefault("1m"),
    requestTimeout: span("Longest single request", hourMs, 100).prefault("20s"),
    lease: span("Life of the lease in the ledger, at least one tick", dayMs, 1_000).prefault("5m"),
    canaryWaitMax: span("Longest wait for the canaries before the others are served", 30 * dayMs).prefault("1h"),
    waves: z
      .array(z.int().min(1).max(99))
      .max(20)
      .refine(
        (shares) => shares.every((share, i) => i === 0 || share > (shares[i - 1] ?? 0)),
        "must grow from one to the next",
      )
      .default([])
      .meta({
        description:
          "Growing shares of a site's targets in percent; each is written in a tick of its own, the rest after the last",
      }),
    waveFailuresMax: z
      .int()
      .min(0)
      .max(100_000)
      .default(0)
      .meta({ description: "Failed writes of one wave that do not stop the next" }),
    waveSlowdownMax: z.int().min(0).max(1_000).default(5).meta({
      description:
        "Times that a cluster's median write may take what it took in its quickest wave before the next one is not opened; 0: no wave is halted by latency",
    }),
    waveLatencyMin: span("Median write up to which no wave counts as slow", hourMs).prefault("2s"),
    waveWaitMax: span("Longest wait for waves before all targets are served", 30 * dayMs).prefault("30m"),
    contestedPause: span("Before a target is written again that was taken back twice; doubles", hourMs * 12).prefault(
      "10m",
    ),
    contestedPauseMax: span("Longest pause before such a target is written again", hourMs * 12).prefault("6h"),
    clocksApartMax: span("Clocks further apart than this stop deletions", 30 * dayMs, 1_000).prefault("1d"),
    emergencyGap: span("Least time between two rotations because the robot was refused; doubles", dayMs).prefault("1h"),
    emergencyGapMax: span("The same at most", 30 * dayMs).prefault("1d"),
    refusedChecks: z
      .strictObject({
        count: count("Refusals of the current robot in a row before it counts as dead", 100).default(3),
        span: span("Least time from the first of them to the last", dayMs).prefault("3m"),
      })
      .transform(({ count: refusals, span: apart }) => ({ count: refusals, spanMs: apart }))
      .prefault({}),
  })
  .transform((limits) => {
    const { attemptBackoff, attemptBackoffMax, tickDeadline, poll, requestTimeout, lease, ...others } = limits;
    const { canaryWaitMax, waveLatencyMin, waveWaitMax, clocksApartMax, emergencyGap, emergencyGapMax, ...pauses } =
      others;
    const { contestedPause, contestedPauseMax, ...counts } = pauses;
    return {
      ...counts,
      attemptBackoffMs: attemptBackoff,
      attemptBackoffMaxMs: attemptBackoffMax,
      tickDeadlineMs: tickDeadline,
      pollMs: poll,
      requestTimeoutMs: requestTimeout,
      leaseMs: lease,
      canaryWaitMaxMs: canaryWaitMax,
      waveLatencyMinMs: waveLatencyMin,
      waveWaitMaxMs: waveWaitMax,
      contestedPauseMs: contestedPause,
      contestedPauseMaxMs: contestedPauseMax,
      clocksApartMaxMs: clocksApartMax,
      emergencyGapMs: emergencyGap,
      emergencyGapMaxMs: emergencyGapMax,
    };
  });
