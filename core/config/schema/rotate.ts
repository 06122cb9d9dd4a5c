import * as z from "zod";
import { decadeMs, duration } from "./duration.ts";
import { text } from "./text.ts";

const jitter = text({
  description:
    "Share of the interval by which a rotation may come earlier, 0% to 50%; stable per credential and generation",
  pattern: "^([0-9]|[1-4][0-9]|50)%$",
  mend: "write a percentage from 0% to 50%",
}).transform((value) => Number(value.slice(0, -1)) / 100);

/** One kind of rule so far; each further kind (cron, windows, freezes) is one more member. */
const intervalRule = z
  .strictObject({
    every: duration("A generation is replaced at latest this long after its promotion", {
      minMs: 1_000,
      maxMs: decadeMs,
    }),
    jitter: jitter.prefault("10%"),
  })
  .transform((rule) => ({ kind: "interval" as const, everyMs: rule.every, jitterShare: rule.jitter }));

export const rotateSchema = z
  .strictObject({
    rules: z
      .array(intervalRule)
      .min(1)
      .max(16)
      .prefault([{ every: "7d" }]),
  })
  .meta({ description: "When to rotate: the earliest of the rules, and always before the robot expires" });
