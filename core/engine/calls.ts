import type { Cluster, NamespaceQuery, SecretFacts, TargetWrite } from "../ports/cluster.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Login, MintRequest, ProbeScope, Registry, RenewRequest } from "../ports/registry.ts";
import type { FlipRequest, SecretStore, StoreTag } from "../ports/secret-store.ts";
import type { UsageEvidence } from "../ports/usage.ts";
import type { Secret } from "../secret.ts";

type Result<T extends (...args: never[]) => Promise<unknown>> = Awaited<ReturnType<T>>;

/** One call through a port, as a plain value: what a runner wants done next. */
export type PortCall =
  | { readonly call: "registry.mint"; readonly on: string; readonly request: MintRequest }
  | { readonly call: "registry.list"; readonly on: string; readonly namePrefix: string }
  | { readonly call: "registry.read"; readonly on: string; readonly id: number }
  | { readonly call: "registry.remove"; readonly on: string; readonly id: number }
  | { readonly call: "registry.renew"; readonly on: string; readonly id: number; readonly request: RenewRequest }
  | { readonly call: "registry.refresh"; readonly on: string; readonly id: number; readonly password: Secret }
  | { readonly call: "registry.probe"; readonly on: string; readonly login: Login; readonly scope: ProbeScope }
  | { readonly call: "registry.whoami"; readonly on: string }
  | { readonly call: "usage.usedSince"; readonly on: string; readonly username: string; readonly sinceMs: number }
  | {
      readonly call: "store.stage";
      readonly on: string;
      readonly name: string;
      readonly value: Secret;
      readonly tag: StoreTag;
      readonly token: string;
    }
  | { readonly call: "store.readVersion"; readonly on: string; readonly name: string; readonly versionId: string }
  | { readonly call: "store.readCurrent"; readonly on: string; readonly name: string }
  | { readonly call: "store.flip"; readonly on: string; readonly name: string; readonly request: FlipRequest }
  | { readonly call: "store.readRound"; readonly on: string; readonly name: string }
  | { readonly call: "store.writeRound"; readonly on: string; readonly name: string; readonly round: string }
  | { readonly call: "store.listVersions"; readonly on: string; readonly name: string }
  | {
      readonly call: "store.discard";
      readonly on: string;
      readonly name: string;
      readonly versionIds: readonly string[];
    }
  | { readonly call: "ledger.load"; readonly on: string; readonly key: string }
  | {
      readonly call: "ledger.save";
      readonly on: string;
      readonly key: string;
      readonly expected: string | null;
      readonly text: string;
    }
  | { readonly call: "cluster.listNamespaces"; readonly on: string; readonly query: NamespaceQuery }
  | {
      readonly call: "cluster.listSecrets";
      readonly on: string;
      readonly labelSelector: string;
      readonly continueToken: string | null;
    }
  | { readonly call: "cluster.readSecret"; readonly on: string; readonly namespace: string; readonly name: string }
  | {
      readonly call: "cluster.readExternalSecret";
      readonly on: string;
      readonly namespace: string;
      readonly name: string;
    }
  | {
      readonly call: "cluster.createEmptySecret";
      readonly on: string;
      readonly namespace: string;
      readonly name: string;
      readonly labels: Readonly<Record<string, string>>;
    }
  | { readonly call: "cluster.applySecret"; readonly on: string; readonly write: TargetWrite };

export interface CallResults {
  readonly "registry.mint": Result<Registry["mint"]>;
  readonly "registry.list": Result<Registry["list"]>;
  readonly "registry.read": Result<Registry["read"]>;
  readonly "registry.remove": Result<Registry["remove"]>;
  readonly "registry.renew": Result<Registry["renew"]>;
  readonly "registry.refresh": Result<Registry["refresh"]>;
  readonly "registry.probe": Result<Registry["probe"]>;
  readonly "registry.whoami": Result<Registry["whoami"]>;
  readonly "usage.usedSince": Result<UsageEvidence["usedSince"]>;
  readonly "store.stage": Result<SecretStore["stage"]>;
  readonly "store.readVersion": Result<SecretStore["readVersion"]>;
  readonly "store.readCurrent": Result<SecretStore["readCurrent"]>;
  readonly "store.flip": Result<SecretStore["flip"]>;
  readonly "store.readRound": Result<SecretStore["readRound"]>;
  readonly "store.writeRound": Result<SecretStore["writeRound"]>;
  readonly "store.listVersions": Result<SecretStore["listVersions"]>;
  readonly "store.discard": Result<SecretStore["discard"]>;
  readonly "ledger.load": Result<LedgerStore["load"]>;
  readonly "ledger.save": Result<LedgerStore["save"]>;
  readonly "cluster.listNamespaces": Result<Cluster["listNamespaces"]>;
  readonly "cluster.listSecrets": Result<Cluster["listSecrets"]>;
  readonly "cluster.readSecret": SecretFacts | null;
  readonly "cluster.readExternalSecret": Result<Cluster["readExternalSecret"]>;
  readonly "cluster.createEmptySecret": SecretFacts;
  readonly "cluster.applySecret": SecretFacts;
}

/** A failure as data: the kind and words of a `PortError`, safe to print. */
export interface CallFailure {
  readonly kind: "not-found" | "conflict" | "denied" | "throttled" | "unreachable" | "invalid";
  readonly text: string;
  readonly reason?: string | undefined;
  /** The system asked to be left alone for so long. */
  readonly retryAfterMs?: number | undefined;
}

export type CallReply =
  | {
      readonly ok: true;
      readonly value: CallResults[PortCall["call"]];
      /** From the call to its answer, our own waiting for a place included; absent: not measured. */
      readonly tookMs?: number | undefined;
    }
  | { readonly ok: false; readonly failure: CallFailure };

/** A call with the id under which its reply comes back. */
export interface Wanted {
  readonly id: string;
  readonly call: PortCall;
}
