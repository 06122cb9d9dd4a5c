/** `2026-11-24T12:00:00Z`, always UTC, seconds. */
export function formatTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}
