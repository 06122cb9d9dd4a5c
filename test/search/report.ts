import type { SearchResult } from "./search.ts";

const nameWidth = 40;

export function heading(): string {
  const heads = ["states".padStart(9), "transitions".padStart(12), "depth".padStart(6), "seconds".padStart(9)];
  return `${"world".padEnd(nameWidth)}${heads.join("")}${"rests/rounds".padStart(13)}`;
}

/** One world's line. `rests/rounds`: outsides from which progress was judged, and the most rounds until rest. */
export function lineOf(result: SearchResult): string {
  const { plan, states, transitions, depth, seconds, progressJudged, roundsSeenMax } = result;
  return [
    plan.name.padEnd(nameWidth),
    String(states).padStart(9),
    String(transitions).padStart(12),
    String(depth).padStart(6),
    seconds.toFixed(1).padStart(9),
    `${progressJudged}/${roundsSeenMax}`.padStart(13),
    `  ${howItEnded(result)}`,
  ].join("");
}

function howItEnded({ counterexample, boundedBy }: SearchResult): string {
  if (counterexample !== null) return "BROKEN";
  return boundedBy === null ? "to the end" : `bounded by ${boundedBy}`;
}

/** The last line: sums, and how the worlds ended. */
export function closing(results: readonly SearchResult[], memoryMiB: number): string {
  const sum = (of: (result: SearchResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const ended = (how: string) => results.filter((result) => howItEnded(result).startsWith(how)).length;
  return [
    `worlds ${results.length}`,
    `to the end ${ended("to the end")}`,
    `bounded ${ended("bounded")}`,
    `broken ${ended("BROKEN")}`,
    `states ${sum(({ states }) => states)}`,
    `transitions ${sum(({ transitions }) => transitions)}`,
    `seconds ${Math.round(sum(({ seconds }) => seconds))}`,
    `memory at most ${memoryMiB} MiB`,
  ].join(", ");
}
