import { secretStoreContractHarder } from "./secret-store-suite.ts";
import { storeHarnesses } from "./store-harnesses.ts";

const notShown =
  "what an old description does not show is not discarded: the next discard does, AWSCURRENT never moves";

secretStoreContractHarder("AWS Secrets Manager", storeHarnesses.aws, {
  "cut replies": {},
  "cut requests": {},
  throttles: {},
  "two racing writers": {},
  "stale reads": {
    skip: {
      "a flip that comes again after a later one moves nothing back":
        "an old description shows it as current: nothing is written, and nothing is refused",
      "the current version is not discarded": notShown,
      "a pending version is discarded without touching the current one": notShown,
      "a discarded pending value can be staged again": notShown,
      "all pending values of a name that never had a current one are discarded": notShown,
    },
  },
});
