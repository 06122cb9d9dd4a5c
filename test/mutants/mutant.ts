import type { Aim } from "../simulation/history.ts";
import type { Edit } from "./edits.ts";

/** Where a mutant is found: in one world of the search, in a history written by hand, or within so many aimed ones. */
export type Hunt =
  | { readonly by: "search"; readonly world: string }
  | { readonly by: "story"; readonly name: string }
  | { readonly by: "simulation"; readonly histories: number; readonly aim: Aim };

/** A protocol broken on purpose. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly hunt: Hunt;
  /** What must be said of it: one that is found for another reason would tell nothing. */
  readonly broken: RegExp;
}

/** Small worlds only, with the drawn weather but for what is named. */
export function simulated(histories: number, weather: Aim["weather"] = {}, shape: Aim["shape"] = {}): Hunt {
  return { by: "simulation", histories, aim: { only: "small", weather, shape } };
}

export function searched(world: string): Hunt {
  return { by: "search", world };
}

export function told(name: string): Hunt {
  return { by: "story", name };
}
