import type { KeptRobot } from "../../core/app/kept-lives.ts";
import { formatTime } from "../../core/schedule/time.ts";
import { formatRelative } from "./time.ts";

/** Robots that are kept: when each ends, and what the next rotation makes of it. */
export function lifeLines(robots: readonly KeptRobot[], nowMs: number): readonly string[] {
  return robots.map(({ username, isInUse, isDisabled, endsAtMs, extension }) => {
    const at = (ms: number) => `${formatTime(ms)} (${formatRelative(ms, nowMs)})`;
    const state = `${isInUse ? "in use" : "idle"}${isDisabled ? ", disabled" : ""}`;
    const end = endsAtMs === null ? "never ends" : `${endsAtMs <= nowMs ? "ended" : "ends"} ${at(endsAtMs)}`;
    if (extension === null) return `  ${username} is ${state}, ${end}`;
    const { fromMs, lifeDays, endsAtMs: then } = extension;
    const when = fromMs <= nowMs ? "begun now" : `of ${formatTime(fromMs)}`;
    return `  ${username} is ${state}, ${end}; the rotation ${when} gives it ${lifeDays} days from its creation, to ${formatTime(then)}`;
  });
}
