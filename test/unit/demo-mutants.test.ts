import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mutants } from "../demo/mutants.ts";

/** The demo's mutants run for minutes; that they still find what they edit is seen here at once. */
test.each(mutants.map((mutant) => [mutant.fault, mutant] as const))(
  "the mutant of %s finds its places",
  (_, { edits }) => {
    for (const { file, from } of edits) expect(readFileSync(file, "utf8").split(from), file).toHaveLength(2);
  },
);
