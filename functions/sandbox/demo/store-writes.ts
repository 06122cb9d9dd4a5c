import type { CloudName } from "../facts.ts";
import type { Sandbox } from "../start.ts";

/** What changes a value or a ledger, by the sandbox's kinds of requests. */
const kinds: Readonly<Record<CloudName, readonly string[]>> = {
  aws: ["PutItem", "CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"],
  azure: ["blob.put", "secret.set", "secret.update"],
  gcp: ["secret.create", "secret.patch", "version.add", "version.destroy"],
};

/** Writes of values and ledgers since the sandbox's start, as its parts counted them. */
export function storeWrites({ aws, azure, gcp }: Sandbox): Readonly<Record<CloudName, number>> {
  const of = (cloud: CloudName, counts: ReadonlyMap<string, number>): number =>
    kinds[cloud].reduce((sum, kind) => sum + (counts.get(kind) ?? 0), 0);
  return { aws: of("aws", aws.counts), azure: of("azure", azure.counts), gcp: of("gcp", gcp.counts) };
}
