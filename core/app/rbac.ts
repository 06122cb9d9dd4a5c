import { isAgentSite } from "../config/agents.ts";
import type { Config, TargetConfig } from "../config/complete.ts";
import { lookup } from "../config/lookup.ts";
import { isCopied } from "../config/sources.ts";

/** The ServiceAccount that a cluster's runner logs in as. */
export interface RunnerAccount {
  readonly namespace: string;
  readonly name: string;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** One Kubernetes object, ready to be written as YAML. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

const group = "rbac.authorization.k8s.io";

/**
 * What the runner of this cluster must be allowed, and no more (README, "Least privilege").
 * `rights: list`: Secrets of the names that targets have, in all namespaces, and to list Secrets by label.
 * `rights: named`: per namespace that a target names, the Secret by its name; nothing cluster-wide. Where
 * namespaces are chosen by label they cannot be named: the Secret's name is what narrows it then. An agent also
 * watches namespaces, their names and labels, whichever way they are chosen.
 */
export function rbacManifests(config: Config, cluster: string, account: RunnerAccount): readonly Manifest[] {
  const targets = Object.values(config.credentials)
    .flatMap((credential) => credential.targets)
    .filter(({ clusters }) => clusters.includes(cluster));
  const name = `capstan-${config.installation}`;
  const { rights, site = "" } = lookup(config.clusters, cluster) ?? {};
  const agent = isAgentSite(config, site);
  const rules =
    rights === "named" ? namedManifests(name, account, targets, agent) : listManifests(name, account, targets, agent);
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: account.namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account.name, namespace: account.namespace } },
    ...rules,
  ];
}

/** A source has the name of its copies, which are not to be written: its right holds in its own namespace. */
function listManifests(
  name: string,
  account: RunnerAccount,
  targets: readonly TargetConfig[],
  agent: boolean,
): readonly Manifest[] {
  const copied = new Set(targets.filter(isCopied).map(({ secret }) => secret));
  const sources = targets.filter((one) => one.by === "capstan" && copied.has(one.secret) && !bySelector(one));
  const others = targets.filter((one) => !sources.includes(one));
  return [...inNamespaces(name, account, sources), ...wide(name, account, listRules(others, agent))];
}

function listRules(targets: readonly TargetConfig[], agent: boolean): readonly Rule[] {
  if (targets.length === 0) return [];
  const list: Rule = { apiGroups: [""], resources: ["secrets"], verbs: ["list"] };
  return [...namespaceRules(targets, agent), list, ...secretRules(targets), ...accountRules(targets)];
}

/** By name they are read, by label listed; an agent watches them. */
function namespaceRules(targets: readonly TargetConfig[], agent: boolean): readonly Rule[] {
  const names = namesOf(targets);
  const read: Rule = { apiGroups: [""], resources: ["namespaces"], resourceNames: names, verbs: ["get"] };
  const verbs = [...(targets.some(bySelector) ? ["list"] : []), ...(agent ? ["watch"] : [])];
  const all: Rule = { apiGroups: [""], resources: ["namespaces"], verbs };
  return [...(names.length > 0 ? [read] : []), ...(verbs.length > 0 ? [all] : [])];
}

/**
 * Server-side apply asks for `create` with the Secret's name, so that a name narrows it (clouds.md D2). What others
 * write is only read, and External Secrets' own object of that name with it.
 */
function secretRules(targets: readonly TargetConfig[]): readonly Rule[] {
  const rule = (written: readonly TargetConfig[], apiGroup: string, resource: string, verbs: readonly string[]) => {
    const resourceNames = sorted(written.map(({ secret }) => secret));
    return resourceNames.length === 0 ? [] : [{ apiGroups: [apiGroup], resources: [resource], resourceNames, verbs }];
  };
  const others = targets.filter(({ by }) => by !== "capstan");
  const fetched = others.filter(({ by }) => by === "external-secrets");
  return [
    ...rule(
      targets.filter(({ by }) => by === "capstan"),
      "",
      "secrets",
      ["get", "create", "patch"],
    ),
    ...rule(others, "", "secrets", ["get"]),
    ...rule(fetched, "external-secrets.io", "externalsecrets", ["get"]),
  ];
}

/** Their list of pull Secrets is read and written by name. */
function accountRules(targets: readonly TargetConfig[]): readonly Rule[] {
  const resourceNames = sorted(targets.flatMap(({ serviceAccounts }) => serviceAccounts));
  if (resourceNames.length === 0) return [];
  return [{ apiGroups: [""], resources: ["serviceaccounts"], resourceNames, verbs: ["get", "patch"] }];
}

function namedManifests(
  name: string,
  account: RunnerAccount,
  targets: readonly TargetConfig[],
  agent: boolean,
): readonly Manifest[] {
  const selecting = targets.filter(bySelector);
  const rules = [
    ...namespaceRules(selecting, agent && targets.length > 0),
    ...secretRules(selecting),
    ...accountRules(selecting),
  ];
  return [...inNamespaces(name, account, targets), ...wide(name, account, rules)];
}

/** What targets by names need, in each namespace that they name. */
function inNamespaces(name: string, account: RunnerAccount, targets: readonly TargetConfig[]): readonly Manifest[] {
  return namesOf(targets).flatMap((namespace) => {
    const here = targets.filter(({ namespaces }) => namespaces.by === "names" && namespaces.names.includes(namespace));
    const itself: Rule = { apiGroups: [""], resources: ["namespaces"], resourceNames: [namespace], verbs: ["get"] };
    return [
      { ...rbac("Role", name, namespace), rules: [itself, ...secretRules(here), ...accountRules(here)] },
      { ...rbac("RoleBinding", name, namespace), ...binding("Role", name, account) },
    ];
  });
}

function wide(name: string, account: RunnerAccount, rules: readonly Rule[]): readonly Manifest[] {
  if (rules.length === 0) return [];
  return [
    { ...rbac("ClusterRole", name), rules },
    { ...rbac("ClusterRoleBinding", name), ...binding("ClusterRole", name, account) },
  ];
}

function rbac(kind: string, name: string, namespace?: string): Manifest {
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return { apiVersion: `${group}/v1`, kind, metadata };
}

const binding = (kind: string, name: string, account: RunnerAccount) => ({
  roleRef: { apiGroup: group, kind, name },
  subjects: [{ kind: "ServiceAccount", name: account.name, namespace: account.namespace }],
});

const bySelector = ({ namespaces }: TargetConfig) => namespaces.by === "selector";

const namesOf = (targets: readonly TargetConfig[]) =>
  sorted(targets.flatMap(({ namespaces }) => (namespaces.by === "names" ? namespaces.names : [])));

const sorted = (names: readonly string[]) => [...new Set(names)].sort();
