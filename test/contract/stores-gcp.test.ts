import { secretStoreContractHarder } from "./secret-store-suite.ts";
import { storeHarnesses } from "./store-harnesses.ts";

secretStoreContractHarder("GCP Secret Manager", storeHarnesses.gcp, {
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
});
