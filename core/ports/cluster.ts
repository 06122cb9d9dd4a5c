import type { Login } from "./registry.ts";

export interface NamespaceFacts {
  readonly name: string;
  readonly terminating: boolean;
}

export type NamespaceQuery =
  | { readonly by: "names"; readonly names: readonly string[] }
  /** Kubernetes label selector; the empty string selects all. */
  | { readonly by: "selector"; readonly labelSelector: string; readonly except: readonly string[] };

/** What kubelet would make of the Secret's bytes (`core/pullsecret`). */
export type PullSecretContent =
  | { readonly state: "absent" }
  | { readonly state: "parsed"; readonly logins: Readonly<Record<string, Login | null>> }
  /** The password cannot be read (an endpoint of a Harbor). `works`: it was tried where it is kept, and logs in. */
  | { readonly state: "masked"; readonly username: string; readonly works: boolean }
  /** One bad entry, of any registry, stops every pull of the pod. `entry` names it. */
  | { readonly state: "malformed"; readonly entry: string | null; readonly why: string };

/** One Secret as read. Of its data only what a pull needs. */
export interface SecretFacts {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly type: string;
  readonly immutable: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /**
   * Field managers other than ours that own `.dockerconfigjson`, controllers that own the object, and tools
   * known by their labels and annotations (`core/pullsecret/owners.ts`).
   */
  readonly otherOwners: readonly string[];
  readonly content: PullSecretContent;
}

export interface TargetWrite {
  readonly namespace: string;
  readonly name: string;
  /** Both are sent: `uid` keeps a deleted Secret deleted, `resourceVersion` keeps a stale writer out. */
  readonly uid: string;
  readonly resourceVersion: string;
  /** Registry key (`host[:port]`) → login. Other registries' entries are kept as they are. */
  readonly logins: Readonly<Record<string, Login>>;
  /** Marks of **all** our credentials in this Secret: apply drops what it does not name. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Takes the fields from their other owners: only for targets that configuration adopts. Moves no other refusal. */
  readonly force: boolean;
  /** Drops entries that kubelet cannot read, of any registry. Absent: they stop the write. */
  readonly repair?: boolean;
}

/** What External Secrets says of one of its objects (`external-secrets.io/v1`, ExternalSecret), as far as it decides anything. */
export interface ExternalSecretFacts {
  /** Of the Secret that it writes. */
  readonly target: string;
  /** Condition `Ready`; null: it has none yet. */
  readonly ready: boolean | null;
  /** One word beside that condition, such as `SecretSyncedError`; never its message. */
  readonly reason: string | null;
  /** `status.refreshTime`; null: never. */
  readonly refreshedMs: number | null;
  /** `status.syncedResourceVersion` is of this very version of the object: its last change was carried out. */
  readonly carriedOut: boolean;
  /** As written: `1h0m0s`, `15m`. */
  readonly interval: string;
  readonly policy: "Periodic" | "OnChange" | "CreatedOnce";
}

export interface LinkResult {
  /** `present`: the account named the Secret already. */
  readonly is: "linked" | "present";
  /** Secrets in its list that this installation put there. */
  readonly added: readonly string[];
}

/** `kept`: we did not add that entry, or there is a Secret of that name. */
export type UnlinkResult = "unlinked" | "kept";

/** One Kubernetes cluster, with the few calls that handing out needs. */
export interface Cluster {
  /**
   * The namespaces that the query selects and that exist. Throws `denied` (`missing-right`),
   * `throttled`, `unreachable`, `invalid`.
   */
  listNamespaces(query: NamespaceQuery): Promise<readonly NamespaceFacts[]>;

  /** One page of the Secrets with this label, content included. `continueToken` null: the last page. */
  listSecrets(
    labelSelector: string,
    continueToken: string | null,
  ): Promise<{ readonly secrets: readonly SecretFacts[]; readonly continueToken: string | null }>;

  /** Null: absent (Secret or namespace). */
  readSecret(namespace: string, name: string): Promise<SecretFacts | null>;

  /** Null: there is none of this name, or no External Secrets in this cluster. */
  readExternalSecret(namespace: string, name: string): Promise<ExternalSecretFacts | null>;

  /**
   * Creates `{"auths":{}}` with these labels and **no mark**. Throws `conflict` (`already-exists`),
   * `conflict` (`terminating`), `not-found` (the namespace), `denied` (`missing-right`) …
   */
  createEmptySecret(namespace: string, name: string, labels: Readonly<Record<string, string>>): Promise<SecretFacts>;

  /**
   * Server-side apply onto the Secret as read. Throws `conflict`: `stale-writer`, `wrong-uid` (deleted
   * or re-created meanwhile), `field-owner` (never with `force`), `immutable`, `terminating`; `invalid` (`malformed-neighbour`)
   * when the merged value would not parse as kubelet parses it: then nothing was sent.
   */
  applySecret(write: TargetWrite): Promise<SecretFacts>;

  /**
   * Sees to it that a ServiceAccount's `imagePullSecrets` names the Secret; entries of others stay, in their
   * order. Throws `not-found` (the account), `conflict` (`stale-writer`: somebody else keeps writing the list).
   */
  linkPullSecret(namespace: string, account: string, secret: string): Promise<LinkResult>;

  /**
   * Takes an entry out again that this installation added, where it serves nobody any more: no Secret of that name is
   * there. Entries of others stay. Throws as `linkPullSecret`, and `denied` where nobody may look for the Secret.
   */
  unlinkPullSecret(namespace: string, account: string, secret: string): Promise<UnlinkResult>;

  /** Deletes exactly the object read. Absent is success; `conflict` when it changed. */
  deleteSecret(namespace: string, name: string, uid: string, resourceVersion: string): Promise<void>;
}
