const units: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** The two largest units of a span: `6d 4h`, `90s` is `1m 30s`, under a second `250ms`. Rounded down. */
export function formatSpan(spanMs: number): string {
  const first = units.findIndex(([, ms]) => spanMs >= ms);
  if (first < 0) return `${Math.max(0, Math.floor(spanMs))}ms`;
  let restMs = spanMs;
  const parts: string[] = [];
  for (const [unit, ms] of units.slice(first, first + 2)) {
    const count = Math.floor(restMs / ms);
    restMs -= count * ms;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(" ");
}
