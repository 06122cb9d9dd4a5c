import type { Clock } from "../../core/ports/clock.ts";
import type { Entropy } from "../../core/ports/entropy.ts";
import type { Secret } from "../../core/secret.ts";
import type { Platform } from "./platform.ts";

/** What drivers need of the process they run in. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly nowMs: () => number;
  readonly sleep: Clock["sleep"];
  readonly entropy: Entropy;
  readonly requestTimeoutMs: number;
  /** Whose identity it has; null: of no cloud, or not known. */
  readonly platform: Platform | null;
  readonly resolve: (reference: string) => Promise<Secret>;
}
