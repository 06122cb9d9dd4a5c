import { type Mutant, simulated } from "./mutant.ts";

/** A strategy chosen by rights that come and go. */
export const autoMutants: readonly Mutant[] = [
  {
    name: "an attempt under way is judged by what would be chosen now",
    edits: [
      {
        file: "core/engine/settle-strategy.ts",
        from: "choice.underWay ?? choice.strategy ??",
        to: "choice.strategy ??",
      },
    ],
    hunt: simulated(300, {}, { strategy: "auto" }),
    broken: /^an attempt was given up for another strategy/,
  },
];
