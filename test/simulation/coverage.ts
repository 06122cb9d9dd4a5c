import type { Report } from "../../core/protocol/site-state.ts";
import type { Wave } from "../../core/protocol/site-waves.ts";
import type { HomeLedger, NextGeneration, Replaced } from "../../core/protocol/state.ts";
import { waveLatencyMinMs, waveSlowdownMax } from "./world.ts";

/** Every state of the line and of the records. */
export const statesToReach = [
  "idle",
  "minting",
  "staged",
  "proven",
  "roll back minting",
  "roll back staged",
  "roll back proven",
  "held",
  "draining",
  "retiring",
  "round",
  "refused",
] as const;

/** Every transition between two ledgers that were saved one after the other. */
export const transitionsToReach = [
  "line: idle → minting",
  "line: minting → staged",
  "line: minting → abandoned",
  "line: staged → proven",
  "line: staged → abandoned",
  "line: proven → promoted",
  "line: proven → abandoned",
  "line: minting → roll back minting",
  "line: staged → roll back minting",
  "line: proven → roll back minting",
  "line: idle → roll back minting",
  "line: roll back minting → roll back staged",
  "line: roll back minting → abandoned",
  "line: roll back staged → roll back proven",
  "line: roll back staged → abandoned",
  "line: roll back proven → promoted",
  "line: roll back proven → abandoned",
  "line: rebuilt",
  "record: current → held",
  "record: held → draining",
  "record: held → retiring",
  "record: held → current",
  "record: draining → held",
  "record: draining → draining again",
  "record: draining → retiring",
  "record: draining → current",
  "record: retiring → gone",
  "record: rebuilt → held",
  "round: drawn",
  "round: confirmed",
  "round: taken back",
  "refusals: counted",
  "refusals: accepted again",
  "refusals: rotated",
  "wave: first",
  "wave: again",
  "wave: halted",
  "wave: next",
  "wave: last",
] as const;

/** By the figures that it wrote down. */
export function isSlow({ paces = {} }: Wave): boolean {
  return Object.values(paces).some(
    ({ bestMs, lastMs }) => lastMs > waveLatencyMinMs && lastMs > waveSlowdownMax * bestMs,
  );
}

/** What became of one site's wave from one of its saved reports to the next. */
export function waveMoves(before: Report | null, after: Report | null): readonly string[] {
  const was = before?.epoch === after?.epoch ? before?.wave : undefined;
  const is = after?.wave;
  const halted = [
    ...(is !== undefined && is.failed > 0 ? ["wave: halted"] : []),
    ...(is !== undefined && isSlow(is) ? ["wave: slow"] : []),
  ];
  if (was === undefined) return is === undefined ? [] : ["wave: first", ...halted];
  if (is === undefined) return ["wave: last"];
  return [is.percent > was.percent ? "wave: next" : "wave: again", ...halted];
}

const lineOf = (next: NextGeneration | null) =>
  next === null ? "idle" : `${next.rollBack ? "roll back " : ""}${next.state}`;

export function statesOf(ledger: HomeLedger): readonly string[] {
  return [
    lineOf(ledger.next),
    ...ledger.replaced.map((record) => record.state),
    ...(ledger.round === null ? [] : ["round"]),
    ...(ledger.refusals === null ? [] : ["refused"]),
  ];
}

/** What happened from one saved ledger to the next. */
export function transitionsOf(before: HomeLedger | null, after: HomeLedger): readonly string[] {
  if (before === null) return after.rebuiltAtMs === null ? [] : rebuilt(after);
  if (after.rebuiltAtMs !== before.rebuiltAtMs) return rebuilt(after);
  return [
    ...lineMoves(before, after),
    ...recordMoves(before, after),
    ...roundMoves(before, after),
    ...refusalMoves(before, after),
  ];
}

function rebuilt(after: HomeLedger): readonly string[] {
  return ["line: rebuilt", ...after.replaced.map(() => "record: rebuilt → held")];
}

function lineMoves(before: HomeLedger, after: HomeLedger): readonly string[] {
  const from = lineOf(before.next);
  if (before.next !== null && after.epoch > before.epoch) return [`line: ${from} → promoted`];
  if (before.next?.attempt === after.next?.attempt && before.next?.state === after.next?.state) return [];
  return [`line: ${from} → ${after.next === null ? "abandoned" : lineOf(after.next)}`];
}

function recordMoves(before: HomeLedger, after: HomeLedger): readonly string[] {
  const moves: string[] = [];
  const was = new Map(before.replaced.map((record) => [record.generation, record]));
  const is = new Map(after.replaced.map((record) => [record.generation, record]));
  for (const record of after.replaced) {
    const move = recordMove(was.get(record.generation), record);
    if (move !== null) moves.push(`record: ${move}`);
  }
  for (const record of before.replaced) {
    if (is.has(record.generation)) continue;
    const returned = after.current?.generation === record.generation;
    moves.push(`record: ${record.state} → ${returned ? "current" : "gone"}`);
  }
  return moves;
}

function recordMove(was: Replaced | undefined, record: Replaced): string | null {
  if (was === undefined) return `current → ${record.state}`;
  if (was.state !== record.state) return `${was.state} → ${record.state}`;
  return was.drainFrom?.localMs === record.drainFrom?.localMs ? null : "draining → draining again";
}

function roundMoves(before: HomeLedger, after: HomeLedger): readonly string[] {
  if (before.round?.id === after.round?.id) return [];
  if (before.round === null) return ["round: drawn"];
  const retired = after.replaced.some(
    (record) => record.state === "retiring" && before.round?.generations.includes(record.generation),
  );
  return [retired ? "round: confirmed" : "round: taken back"];
}

function refusalMoves(before: HomeLedger, after: HomeLedger): readonly string[] {
  if (after.refusals !== null) return after.refusals.count === before.refusals?.count ? [] : ["refusals: counted"];
  if (before.refusals === null) return [];
  return [after.epoch > before.epoch ? "refusals: rotated" : "refusals: accepted again"];
}

/** All that is to be reached, with how often it was; then what else was seen. */
export function coveredBy(reached: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const none = Object.fromEntries([...statesToReach, ...transitionsToReach].map((name) => [name, 0]));
  return { ...none, ...reached };
}
