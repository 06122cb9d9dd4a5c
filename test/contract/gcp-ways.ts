import type { ContractOptions } from "./contract-case.ts";
import type { StoreWay } from "./secret-store-ways.ts";

/** What Secret Manager keeps of the contract in each way, whichever client speaks. */
export const gcpWays: Readonly<Record<StoreWay, ContractOptions>> = {
  "cut replies": {},
  "cut requests": {},
  throttles: {},
  "stale reads": {
    skip: {
      "a flip that comes again after a later one moves nothing back":
        "an old reading shows it as current: nothing is written, and nothing is refused",
      "a discarded pending value can be staged again":
        "an old reading shows it as if it were still there: it is read back before it is used, and given up",
    },
  },
  "two racing writers": {},
};
