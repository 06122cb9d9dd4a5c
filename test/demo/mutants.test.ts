import { afterAll, expect, test } from "vitest";
import { DemoFailure } from "../../functions/sandbox/demo/failure.ts";
import { mutantPlugin, mutants } from "./mutants.ts";
import { Builds, play } from "./play.ts";

const builds = new Builds();
afterAll(() => builds.remove());

/** What the run failed for, in the demo's words; empty: it did not. */
async function failure(mutant: (typeof mutants)[number]): Promise<string> {
  const bundles = await builds.build([mutantPlugin(mutant)]);
  try {
    const { strategy = "generations", fault, how } = mutant;
    const { broken } = await play(bundles, { strategy, fault, how: { untilFirstFailure: true, ...how } });
    return broken.join("\n");
  } catch (error) {
    if (error instanceof DemoFailure) return error.message;
    throw error;
  }
}

test.each(mutants.map((mutant) => [mutant.fault, mutant.without, mutant] as const))(
  "%s, without %s: the run fails",
  async (_fault, _without, mutant) => {
    expect(await failure(mutant)).toMatch(mutant.fails);
  },
);
