import { secretStoreContractHarder } from "./secret-store-suite.ts";
import { storeHarnesses } from "./store-harnesses.ts";

const noRequestId =
  "AddSecretVersion has no request id (service.proto): of two at the same instant a second pending version stays, until its epoch is discarded";

secretStoreContractHarder("GCP Secret Manager", storeHarnesses.gcp, {
  "cut replies": {},
  "cut requests": {},
  throttles: {},
  "stale reads": {
    skip: {
      "a flip that comes again after a later one moves nothing back":
        "an old reading shows it as current: nothing is written, and nothing is refused",
    },
  },
  "two racing writers": {
    skip: {
      "two pending values of different epochs live side by side": noRequestId,
      "a discarded pending value can be staged again": noRequestId,
      "all pending values of a name that never had a current one are discarded": noRequestId,
    },
  },
});
