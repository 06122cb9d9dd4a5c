import { secretStoreContractHarder } from "./secret-store-suite.ts";
import { storeHarnesses } from "./store-harnesses.ts";

secretStoreContractHarder("local file", storeHarnesses.local, { "two racing writers": {} });
