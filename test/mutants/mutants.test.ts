import { describe, expect, test } from "vitest";
import { runSafely } from "../simulation/many.ts";
import { findMutant } from "./find.ts";
import { mutants } from "./mutants.ts";

/** Two at a time: each has a worker of its own. */
describe.concurrent("a protocol broken on purpose is caught", { timeout: 240_000 }, () => {
  test.for(mutants)("$name", async ({ edits, hunt, broken }, { expect: expected }) => {
    const found = await findMutant({ edits, hunt });
    expected(found?.broken ?? "not found").toMatch(broken);
    expected(found?.trace.length).toBeGreaterThan(1);
    // The same history of the product as it is.
    if (hunt.by === "simulation") expected(runSafely(found?.seed ?? 1, false, hunt.aim).broken).toEqual([]);
  });
});

test("a mutant whose text is no longer in the product is an error, not a survivor", async () => {
  const [mutant] = mutants;
  if (mutant === undefined) throw new Error("there are mutants");
  const edits = [{ file: "core/protocol/home-line.ts", from: "a text that is nowhere", to: "" }];
  await expect(findMutant({ edits, hunt: mutant.hunt })).rejects.toThrow(
    "core/protocol/home-line.ts has 0 times: a text that is nowhere",
  );
});
