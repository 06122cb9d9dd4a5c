/** Any JSON value; what bodies are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: JsonObject;
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** One stored object. Never changed in place: a write stores a new one, so that old pages stay readable. */
export interface KubeObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

export type ResourceName = "namespaces" | "secrets" | "serviceaccounts";

export interface ResourceInfo {
  readonly resource: ResourceName;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Top-level fields of the kind besides `kind`, `apiVersion`, `metadata`. */
  readonly fields: readonly string[];
  /**
   * Whether ordinary (not apply) writes are entered in `managedFields`. For ServiceAccounts none were seen
   * (transcripts other-writes, service-accounts).
   */
  readonly tracksUpdates: boolean;
}

export const resources: Readonly<Record<ResourceName, ResourceInfo>> = {
  namespaces: {
    resource: "namespaces",
    kind: "Namespace",
    namespaced: false,
    fields: ["spec", "status"],
    tracksUpdates: true,
  },
  secrets: {
    resource: "secrets",
    kind: "Secret",
    namespaced: true,
    fields: ["data", "stringData", "type", "immutable"],
    tracksUpdates: true,
  },
  serviceaccounts: {
    resource: "serviceaccounts",
    kind: "ServiceAccount",
    namespaced: true,
    fields: ["imagePullSecrets", "secrets", "automountServiceAccountToken"],
    tracksUpdates: false,
  },
};

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Key order does not count, as in the API server's own comparison. */
export function sameJson(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
