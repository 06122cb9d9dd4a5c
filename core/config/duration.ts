const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const durationPattern = "^(0|[1-9][0-9]{0,11})(ms|s|m|h|d)$";
const durationExpression = new RegExp(durationPattern);

/** Milliseconds of `500ms`, `30s`, `15m`, `2h` or `7d`; null for anything else. */
export function parseDuration(text: string): number | null {
  const match = durationExpression.exec(text);
  const unit = unitMs[match?.[2] ?? ""];
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}

/** The shortest exact way to write it in one unit: 90_000 → `90s`, 604_800_000 → `7d`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  for (const unit of ["d", "h", "m", "s"]) {
    const ms = unitMs[unit] ?? 1;
    if (durationMs % ms === 0) return `${durationMs / ms}${unit}`;
  }
  return `${durationMs}ms`;
}
