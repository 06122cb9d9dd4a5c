import { gcpWays } from "../../contract/gcp-ways.ts";
import { secretStoreContractHarder } from "../../contract/secret-store-suite.ts";
import { storeHarnesses } from "../../contract/store-harnesses.ts";

secretStoreContractHarder("Google Secret Manager, by Google's own client", storeHarnesses.gcpOfficial, gcpWays);
