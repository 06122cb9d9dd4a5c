import { actMutants } from "./mutants-acts.ts";
import { deletionMutants } from "./mutants-deletion.ts";
import { lineMutants } from "./mutants-line.ts";
import { siteMutants } from "./mutants-site.ts";
import type { Edit } from "./plugin.ts";

/** A protocol broken on purpose: what it does otherwise, and within how many histories that must be found. */
export interface Mutant {
  readonly name: string;
  readonly histories: number;
  readonly edits: readonly Edit[];
}

export const mutants: readonly Mutant[] = [...lineMutants, ...deletionMutants, ...siteMutants, ...actMutants];
