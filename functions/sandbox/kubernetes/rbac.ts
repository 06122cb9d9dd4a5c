import type { JsonObject, KubeObject } from "./objects.ts";
import type { Attempt, User } from "./rights.ts";
import type { ObjectStore } from "./store.ts";

/** One rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

const authenticated = "system:authenticated";
const accounts = "system:serviceaccounts";
const health = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

/** Cluster roles that every API server binds at its start, as far as any account has them (transcripts rights). */
const builtIn: readonly { readonly groups: readonly string[]; readonly rules: readonly PolicyRule[] }[] = [
  {
    groups: [accounts],
    rules: [
      { verbs: ["get", "list", "watch"], apiGroups: ["certificates.k8s.io"], resources: ["clustertrustbundles"] },
      {
        verbs: ["get"],
        nonResourceURLs: [
          "/.well-known/openid-configuration",
          "/.well-known/openid-configuration/",
          "/openid/v1/jwks",
          "/openid/v1/jwks/",
        ],
      },
    ],
  },
  {
    groups: [authenticated],
    rules: [
      {
        verbs: ["create"],
        apiGroups: ["authorization.k8s.io"],
        resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
      },
      { verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"] },
      {
        verbs: ["get"],
        nonResourceURLs: [
          "/api",
          "/api/*",
          "/apis",
          "/apis/*",
          "/healthz",
          "/livez",
          "/openapi",
          "/openapi/*",
          "/readyz",
          "/version",
          "/version/",
        ],
      },
    ],
  },
  { groups: [authenticated, "system:unauthenticated"], rules: [{ verbs: ["get"], nonResourceURLs: health }] },
];

/**
 * What the stored bindings give this user in a namespace (null: at the cluster scope). Left out: aggregated
 * ClusterRoles, and the check that nobody gives away more than they have.
 */
export function rulesOf(store: ObjectStore, user: User, namespace: string | null): readonly PolicyRule[] {
  const groups = new Set(user.groups);
  if (!groups.has("system:unauthenticated")) groups.add(authenticated);
  const found = builtIn.filter((role) => role.groups.some((group) => groups.has(group))).flatMap(({ rules }) => rules);
  const isOf = (bound: KubeObject) => subjectsOf(bound).some((subject) => isSubject(subject, user, groups));
  for (const bound of store.list("clusterrolebindings")) {
    if (isOf(bound)) found.push(...roleRules(store, bound, ""));
  }
  if (namespace === null) return found;
  for (const bound of store.listIn("rolebindings", namespace)) {
    if (isOf(bound)) found.push(...roleRules(store, bound, namespace));
  }
  return found;
}

/** Whether one of the rules allows it. */
export function ruleAllows(rule: PolicyRule, { verb, group, resource, name }: Attempt): boolean {
  const covers = (list: readonly string[] | undefined, wanted: string) =>
    list?.some((item) => item === "*" || item === wanted) ?? false;
  const subresource = resource.split("/")[1];
  return (
    covers(rule.verbs, verb) &&
    covers(rule.apiGroups, group) &&
    (covers(rule.resources, resource) || (subresource !== undefined && covers(rule.resources, `*/${subresource}`))) &&
    (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(name ?? ""))
  );
}

function roleRules(store: ObjectStore, bound: KubeObject, namespace: string): readonly PolicyRule[] {
  const { kind, name } = (bound["roleRef"] ?? {}) as JsonObject;
  const role =
    kind === "ClusterRole" ? store.get("clusterroles", "", String(name)) : store.get("roles", namespace, String(name));
  return (role?.["rules"] ?? []) as unknown as readonly PolicyRule[];
}

const subjectsOf = (bound: KubeObject) => (bound["subjects"] ?? []) as unknown as readonly Subject[];

function isSubject({ kind, name, namespace }: Subject, user: User, groups: ReadonlySet<string>): boolean {
  if (kind === "Group") return groups.has(name);
  if (kind === "User") return user.username === name;
  return kind === "ServiceAccount" && user.username === `system:serviceaccount:${namespace ?? ""}:${name}`;
}
