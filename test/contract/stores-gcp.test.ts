import { gcpWays } from "./gcp-ways.ts";
import { secretStoreContractHarder } from "./secret-store-suite.ts";
import { storeHarnesses } from "./store-harnesses.ts";

secretStoreContractHarder("GCP Secret Manager", storeHarnesses.gcp, gcpWays);
