import type { Mutant } from "./mutant.ts";
import { actMutants } from "./mutants-acts.ts";
import { alternatingMutants } from "./mutants-alternating.ts";
import { autoMutants } from "./mutants-auto.ts";
import { deletionMutants } from "./mutants-deletion.ts";
import { inPlaceMutants } from "./mutants-in-place.ts";
import { lineMutants } from "./mutants-line.ts";
import { siteMutants } from "./mutants-site.ts";

export const mutants: readonly Mutant[] = [
  ...lineMutants,
  ...deletionMutants,
  ...siteMutants,
  ...actMutants,
  ...alternatingMutants,
  ...autoMutants,
  ...inPlaceMutants,
];
