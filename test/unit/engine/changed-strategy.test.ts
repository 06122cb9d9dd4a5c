import { describe, expect, test } from "vitest";
import type { Strategy } from "../../../core/protocol/state.ts";
import { homeLedger, unfinished } from "../../simulation/checkers.ts";
import { Script } from "../../simulation/script.ts";

const strategies: readonly Strategy[] = ["generations", "alternating", "in-place"];
const changes = strategies.flatMap((from) => strategies.flatMap((to) => (from === to ? [] : [[from, to] as const])));

function rotated(script: Script): void {
  script.tick({ type: "rotate" });
  for (let i = 0; i < 8; i += 1) {
    script.pass(11);
    script.tick();
  }
}

describe("another strategy in the file", () => {
  test.for(changes)(
    "from %s to %s: the next rotation goes the new way, the old one's robot ends its own",
    ([from, to]) => {
      const script = new Script({ strategy: from });
      rotated(script);
      const before = homeLedger(script.world)?.current;
      script.world.strategy = to;
      script.tick();
      expect(homeLedger(script.world)?.current).toEqual(before);
      for (const rotations of [1, 2]) {
        rotated(script);
        expect(script.broken).toEqual([]);
        expect(homeLedger(script.world)).toMatchObject({
          current: { generation: (before?.generation ?? 0) + rotations, madeOf: { strategy: to } },
          replaced: [],
        });
      }
      expect(unfinished(script.world)).toEqual([]);
      expect(script.witness.leftovers(script.world.places[0])).toEqual([]);
    },
  );
});
