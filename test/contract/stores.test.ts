import { secretStoreContract } from "./secret-store-suite.ts";
import { storeHarnesses } from "./store-harnesses.ts";

secretStoreContract("AWS Secrets Manager", storeHarnesses.aws);
secretStoreContract("Azure Key Vault", storeHarnesses.azure);
secretStoreContract("GCP Secret Manager", storeHarnesses.gcp);
secretStoreContract("Google Secret Manager, by Google's own client", storeHarnesses.gcpOfficial);
secretStoreContract("Kubernetes Secrets", storeHarnesses.kubernetes);
secretStoreContract("local file", storeHarnesses.local);
