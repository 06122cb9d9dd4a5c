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
  readonly generation?: number;
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

export type ResourceName =
  | "namespaces"
  | "secrets"
  | "serviceaccounts"
  | "pods"
  | "roles"
  | "rolebindings"
  | "clusterroles"
  | "clusterrolebindings"
  | "externalsecrets";

export interface ResourceInfo {
  readonly resource: ResourceName;
  readonly kind: string;
  /** Empty: the core group. */
  readonly group: string;
  /** `v1`, `rbac.authorization.k8s.io/v1`. */
  readonly apiVersion: string;
  readonly namespaced: boolean;
  /** Top-level fields of the kind besides `kind`, `apiVersion`, `metadata`. */
  readonly fields: readonly string[];
  /**
   * Whether ordinary (not apply) writes are entered in `managedFields`. For ServiceAccounts none were seen
   * (transcripts other-writes, service-accounts).
   */
  readonly tracksUpdates: boolean;
}

const core = { group: "", apiVersion: "v1", namespaced: true, tracksUpdates: true } as const;
export const rbacGroup = "rbac.authorization.k8s.io";
const rbac = { group: rbacGroup, apiVersion: `${rbacGroup}/v1`, namespaced: true, tracksUpdates: true } as const;
const binding = ["subjects", "roleRef"];
/** Of External Secrets, which a cluster has only once it is installed (`installExternalSecrets`). */
export const externalSecretsGroup = "external-secrets.io";

export const resources: Readonly<Record<ResourceName, ResourceInfo>> = {
  namespaces: {
    ...core,
    resource: "namespaces",
    kind: "Namespace",
    namespaced: false,
    fields: ["spec", "status"],
  },
  secrets: { ...core, resource: "secrets", kind: "Secret", fields: ["data", "stringData", "type", "immutable"] },
  serviceaccounts: {
    ...core,
    resource: "serviceaccounts",
    kind: "ServiceAccount",
    fields: ["imagePullSecrets", "secrets", "automountServiceAccountToken"],
    tracksUpdates: false,
  },
  pods: { ...core, resource: "pods", kind: "Pod", fields: ["spec", "status"] },
  roles: { ...rbac, resource: "roles", kind: "Role", fields: ["rules"] },
  rolebindings: { ...rbac, resource: "rolebindings", kind: "RoleBinding", fields: binding },
  clusterroles: {
    ...rbac,
    resource: "clusterroles",
    kind: "ClusterRole",
    namespaced: false,
    fields: ["rules", "aggregationRule"],
  },
  clusterrolebindings: {
    ...rbac,
    resource: "clusterrolebindings",
    kind: "ClusterRoleBinding",
    namespaced: false,
    fields: binding,
  },
  externalsecrets: {
    resource: "externalsecrets",
    kind: "ExternalSecret",
    group: externalSecretsGroup,
    apiVersion: `${externalSecretsGroup}/v1`,
    namespaced: true,
    tracksUpdates: true,
    fields: ["spec", "status"],
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
