import type { NeededRight, RobotAction } from "../ports/issuer.ts";
import { parseRobotMark, type Slot, slotName, slots } from "../protocol/mark.ts";
import type { HomeLedger, Strategy } from "../protocol/state.ts";

/** What `strategy: auto` is resolved by, besides the ledger and the robots that are there. */
export interface AutoStrategy {
  /** What the issuer may do (`IssuerNeeds.refreshes: "maybe"`). Null: it could not be looked at, `problem` says why. */
  readonly rights: readonly NeededRight[] | null;
  readonly problem: string | null;
  readonly acceptFailedPulls: boolean;
  /** Targets are written in waves, which rules out `in-place`. */
  readonly hasWaves: boolean;
}

/** Robots of the fixed names. `taken`: somebody else's, without our mark. */
export type SlotsSeen = Readonly<Record<Slot, "ours" | "free" | "taken">>;

/** One strategy beside what there is. */
export interface StrategyOption {
  readonly strategy: Strategy;
  readonly needs: readonly RobotAction[];
  /** Rights (`robot:create at system`) that were seen to be missing. */
  readonly missing: readonly string[];
  /** Rights that nobody may look at: the first call will tell. */
  readonly unknown: readonly string[];
  /** Why it cannot be, in words; null: it can. */
  readonly against: string | null;
}

export interface StrategyChoice {
  /** For the next attempt; null: none can be. */
  readonly strategy: Strategy | null;
  readonly why: string;
  /** Of the attempt under way, which goes on as it began; null: there is none. */
  readonly underWay: Strategy | null;
  /** Of the current generation; null: there is none. */
  readonly current: Strategy | null;
  /** In the order in which they are preferred. Empty: the rights were not looked at. */
  readonly options: readonly StrategyOption[];
}

/** Safest first (promise 1 whole; but for one tick; not). */
const safestFirst: readonly Strategy[] = ["generations", "alternating", "in-place"];

const looking: readonly RobotAction[] = ["list", "read"];
const making: readonly RobotAction[] = ["create", "hand-out"];

function needsOf(strategy: Strategy, seen: SlotsSeen): readonly RobotAction[] {
  if (strategy === "generations") return [...making, ...looking, "delete"];
  const all = slots.filter((slot) => seen[slot] === "ours");
  const isThere = strategy === "alternating" ? all.length === slots.length : all.length > 0;
  return [...looking, "update", ...(isThere ? [] : making)];
}

/** The rights with their reasons, each reason once. */
function inWords(rights: readonly NeededRight[]): string {
  const whys = [...new Set(rights.flatMap(({ why }) => (why === undefined ? [] : [why])))];
  return `${rights.map(({ right }) => right).join(", ")}${whys.length === 0 ? "" : ` (${whys.join("; ")})`}`;
}

function ruledOut(strategy: Strategy, auto: AutoStrategy, seen: SlotsSeen): string | null {
  if (strategy === "generations") return null;
  if (strategy === "in-place" && !auto.acceptFailedPulls)
    return "pulls would fail, and acceptFailedPulls: true is not written";
  if (strategy === "in-place" && auto.hasWaves) return "limits.waves are not for it";
  const isOurs = slots.some((slot) => seen[slot] === "ours");
  const isTaken =
    strategy === "alternating" ? slots.some((slot) => seen[slot] === "taken") : !isOurs && seen.a === "taken";
  return isTaken ? "a robot of a fixed name is there without our mark" : null;
}

function optionOf(
  strategy: Strategy,
  rights: readonly NeededRight[],
  auto: AutoStrategy,
  seen: SlotsSeen,
): StrategyOption {
  const needs = needsOf(strategy, seen);
  const needed = rights.filter(({ action }) => action !== undefined && needs.includes(action));
  const missing = needed.filter(({ verdict }) => verdict === "missing");
  const reasons = [
    ruledOut(strategy, auto, seen),
    missing.length === 0 ? null : `the issuer lacks ${inWords(missing)}`,
  ];
  const against = reasons.filter((reason) => reason !== null);
  return {
    strategy,
    needs,
    missing: missing.map(({ right }) => right),
    unknown: needed.filter(({ verdict }) => verdict === "unknown").map(({ right }) => right),
    against: against.length === 0 ? null : against.join("; "),
  };
}

/** Which of the fixed names are ours, by the robots as listed; null: they could not be listed, and nothing speaks against them. */
export function slotsSeen(
  credential: string,
  ledgerId: string | undefined,
  robots: readonly { readonly username: string; readonly description: string }[] | null,
): SlotsSeen {
  const stateOf = (slot: Slot) => {
    if (robots === null) return "ours";
    const named = robots.filter(({ username }) => username.endsWith(slotName(credential, slot)));
    const isOurs = named.some(({ username, description }) => {
      const mark = parseRobotMark(username, description);
      return mark?.credential === credential && mark.ledgerId === ledgerId;
    });
    return isOurs ? "ours" : named.length > 0 ? "taken" : "free";
  };
  return { a: stateOf("a"), b: stateOf("b") };
}

/**
 * The safest strategy that the issuer's rights allow. What may not be looked at counts as there: the first call will
 * tell. Where nothing could be looked at, the last choice holds, but never one by which pulls fail.
 */
export function chooseStrategy(auto: AutoStrategy, ledger: HomeLedger | null, seen: SlotsSeen): StrategyChoice {
  const current = ledger?.current?.madeOf.strategy ?? null;
  const next = ledger?.next ?? null;
  const underWay = next === null || next.rollBack ? null : next.madeOf.strategy;
  const place = { underWay, current };
  if (auto.rights === null) {
    const kept = current === "in-place" ? null : current;
    const why = `the issuer's rights could not be looked at (${auto.problem})${kept === null ? "" : ": the last choice holds"}`;
    return { strategy: kept, why, ...place, options: [] };
  }
  const { rights } = auto;
  const options = safestFirst.map((strategy) => optionOf(strategy, rights, auto, seen));
  const found = options.findIndex(({ against }) => against === null);
  const chosen = options[found];
  const passed = (found < 0 ? options : options.slice(0, found)).map(
    ({ strategy, against }) => `${strategy} cannot be: ${against}`,
  );
  if (chosen === undefined) return { strategy: null, why: passed.join(". "), ...place, options };
  const unknown =
    chosen.unknown.length === 0 ? [] : [`nobody may look at ${chosen.unknown.join(", ")}: the first call will tell`];
  const all = [...passed, ...unknown];
  const why = all.length === 0 ? "the issuer has every right that it needs" : all.join(". ");
  return { strategy: chosen.strategy, why, ...place, options };
}
