import * as z from "zod";
import { durationPattern, formatDuration, parseDuration } from "../duration.ts";

/** `500ms | 30s | 15m | 2h | 7d` → milliseconds. Bounds are inclusive. */
export function duration(description: string, bounds: { readonly minMs: number; readonly maxMs: number }) {
  const range = `between ${formatDuration(bounds.minMs)} and ${formatDuration(bounds.maxMs)}`;
  return z
    .string()
    .meta({ description: `${description} (${range})`, pattern: durationPattern })
    .transform((value, context) => {
      const ms = parseDuration(value);
      if (ms !== null && ms >= bounds.minMs && ms <= bounds.maxMs) return ms;
      context.addIssue({
        code: "custom",
        message: ms === null ? "is not a duration" : `is a duration out of range`,
        params: { mend: `write a number and a unit, such as 500ms, 30s, 15m, 2h or 7d, ${range}` },
      });
      return z.NEVER;
    });
}

/** Longest span that any key accepts: ten years. */
export const decadeMs = 3_650 * 86_400_000;
