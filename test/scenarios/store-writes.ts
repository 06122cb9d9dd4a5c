import type { PartName } from "../../functions/sandbox/faults.ts";

/** What changes a value or a ledger, by the sandbox's kinds of requests. Of Kubernetes: of the cluster that holds a store. */
export const kindsOfStoreWrites = {
  aws: ["PutItem", "PutObject", "CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"],
  azure: ["blob.put", "secret.set", "secret.update"],
  gcp: ["secret.create", "secret.patch", "version.add", "version.destroy", "version.disable", "object.insert"],
  kubernetes: ["secret.patch", "secret.create"],
} as const satisfies Partial<Record<PartName, readonly string[]>>;
