import type { CloudName } from "../facts.ts";
import type { Sandbox } from "../start.ts";

const ledgerKinds = ["PutItem", "blob.put"];
/** What changes a value or a ledger, by the sandbox's kinds of requests. */
const kinds: Readonly<Record<CloudName, readonly string[]>> = {
  aws: ["PutItem", "CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"],
  azure: ["blob.put", "secret.set", "secret.update"],
  gcp: ["secret.create", "secret.patch", "version.add", "version.destroy"],
};

export interface StoreWrites {
  readonly values: number;
  readonly ledgers: number;
}

export type CloudWrites = Readonly<Record<CloudName, StoreWrites>>;

/** Counts writes of values and ledgers from now on, as they reach the sandbox. */
export function countStoreWrites(sandbox: Sandbox): () => CloudWrites {
  const counts: Record<CloudName, { values: number; ledgers: number }> = {
    aws: { values: 0, ledgers: 0 },
    azure: { values: 0, ledgers: 0 },
    gcp: { values: 0, ledgers: 0 },
  };
  for (const [name, of] of Object.entries(kinds)) {
    const part = name as CloudName;
    for (const kind of of) {
      // A rule that never hits: it looks at every request before those that do.
      sandbox.faults.set({
        part,
        kind,
        when({ path, body }) {
          const ledger =
            ledgerKinds.includes(kind) || (part === "gcp" && /capstan-ledger/.test(path + body.toString("latin1")));
          counts[part][ledger ? "ledgers" : "values"] += 1;
          return false;
        },
        action: { type: "cut-before" },
      });
    }
  }
  return () => structuredClone(counts);
}

/** What was written between two counts. */
export function writesSince(before: CloudWrites, after: CloudWrites): CloudWrites {
  const of = (cloud: CloudName): StoreWrites => ({
    values: after[cloud].values - before[cloud].values,
    ledgers: after[cloud].ledgers - before[cloud].ledgers,
  });
  return { aws: of("aws"), azure: of("azure"), gcp: of("gcp") };
}

/** Of several rotations the most of each. */
export function mostWrites(rotations: readonly CloudWrites[]): CloudWrites {
  const of = (cloud: CloudName): StoreWrites => ({
    values: Math.max(0, ...rotations.map((one) => one[cloud].values)),
    ledgers: Math.max(0, ...rotations.map((one) => one[cloud].ledgers)),
  });
  return { aws: of("aws"), azure: of("azure"), gcp: of("gcp") };
}
