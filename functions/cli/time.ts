import { formatSpan } from "../../core/schedule/span.ts";

/** `2026-11-24T12:00:00Z`, always UTC, seconds. */
export function formatTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

/** `in 3h 5m`, `2d ago`, `now`: for tables, beside or instead of the time. */
export function formatRelative(timeMs: number, nowMs: number): string {
  const apartMs = timeMs - nowMs;
  if (Math.abs(apartMs) < 1_000) return "now";
  return apartMs > 0 ? `in ${formatSpan(apartMs)}` : `${formatSpan(-apartMs)} ago`;
}
