import { secretStoreContractHarder } from "./secret-store-suite.ts";
import { storeHarnesses } from "./store-harnesses.ts";

// No stale reads: a GET that names no resource version is answered by a quorum (API concepts, "Resource versions").
secretStoreContractHarder("Kubernetes Secrets", storeHarnesses.kubernetes, {
  "cut replies": {},
  "cut requests": {},
  throttles: {},
  "two racing writers": {},
});
