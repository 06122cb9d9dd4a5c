import { formatSpan } from "../../core/schedule/span.ts";

/** `in 3h 5m`, `2d ago`, `now`: for tables, beside or instead of the time. */
export function formatRelative(timeMs: number, nowMs: number): string {
  const apartMs = timeMs - nowMs;
  if (Math.abs(apartMs) < 1_000) return "now";
  return apartMs > 0 ? `in ${formatSpan(apartMs)}` : `${formatSpan(-apartMs)} ago`;
}
