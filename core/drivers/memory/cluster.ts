import type {
  Cluster,
  LinkResult,
  NamespaceFacts,
  NamespaceQuery,
  SecretFacts,
  TargetWrite,
  UnlinkResult,
} from "../../ports/cluster.ts";
import {
  emptyClusterState,
  factsOf,
  findSecret,
  listNamespaces,
  listSecrets,
  type MemoryClusterSettings,
  type MemoryClusterState,
  refusal,
  secretKey,
} from "./cluster-state.ts";
import {
  applySecret,
  createEmptySecret,
  deleteSecret,
  type OutsideWrite,
  removeSecret,
  type Stored,
  writeOutside,
} from "./cluster-writes.ts";

export interface MemoryClusterOptions {
  /** `capstan-<installation>`, as the driver of a real cluster has it. */
  readonly fieldManager: string;
  readonly pageSize?: number;
  /** A world to start from; empty when left out. */
  readonly state?: MemoryClusterState;
}

/**
 * A cluster in memory, for dry runs, contract tests and simulation. `state` is the whole cluster as one
 * immutable value that may be read, kept and put back; the methods ending in `Now` are the port's in one
 * step. Fences, ownership and refusals are those of a real API server.
 */
export class MemoryCluster implements Cluster {
  state: MemoryClusterState;
  readonly #settings: MemoryClusterSettings;

  constructor(options: MemoryClusterOptions) {
    this.state = options.state ?? emptyClusterState;
    this.#settings = { fieldManager: options.fieldManager, pageSize: options.pageSize ?? 500 };
  }

  listNamespacesNow(query: NamespaceQuery): readonly NamespaceFacts[] {
    return listNamespaces(this.state, query);
  }

  listSecretsNow(labelSelector: string, continueToken: string | null): Awaited<ReturnType<Cluster["listSecrets"]>> {
    return listSecrets(this.state, this.#settings, labelSelector, continueToken);
  }

  readSecretNow(namespace: string, name: string): SecretFacts | null {
    const found = findSecret(this.state, namespace, name);
    return found === null ? null : factsOf(found, this.#settings);
  }

  createEmptySecretNow(namespace: string, name: string, labels: Readonly<Record<string, string>>): SecretFacts {
    return this.#store(createEmptySecret(this.state, this.#settings, namespace, name, labels));
  }

  applySecretNow(write: TargetWrite): SecretFacts {
    return this.#store(applySecret(this.state, this.#settings, write));
  }

  deleteSecretNow(namespace: string, name: string, uid: string, resourceVersion: string): void {
    this.state = deleteSecret(this.state, namespace, name, uid, resourceVersion);
  }

  async listNamespaces(query: NamespaceQuery): Promise<readonly NamespaceFacts[]> {
    return this.listNamespacesNow(query);
  }

  async listSecrets(labelSelector: string, continueToken: string | null) {
    return this.listSecretsNow(labelSelector, continueToken);
  }

  async readSecret(namespace: string, name: string): Promise<SecretFacts | null> {
    return this.readSecretNow(namespace, name);
  }

  /** There is no External Secrets in memory. */
  async readExternalSecret(): Promise<null> {
    return null;
  }

  async createEmptySecret(namespace: string, name: string, labels: Readonly<Record<string, string>>) {
    return this.createEmptySecretNow(namespace, name, labels);
  }

  async applySecret(write: TargetWrite): Promise<SecretFacts> {
    return this.applySecretNow(write);
  }

  async deleteSecret(namespace: string, name: string, uid: string, resourceVersion: string): Promise<void> {
    this.deleteSecretNow(namespace, name, uid, resourceVersion);
  }

  async linkPullSecret(namespace: string, account: string, secret: string): Promise<LinkResult> {
    const key = secretKey(namespace, account);
    const named = this.state.accounts?.[key];
    if (named === undefined) throw refusal("link", key, "not-found");
    const added = this.#added(key);
    if (named.includes(secret)) return { is: "present", added };
    this.#setLinked(key, [...named, secret], [...added, secret]);
    return { is: "linked", added: [...added, secret] };
  }

  async unlinkPullSecret(namespace: string, account: string, secret: string): Promise<UnlinkResult> {
    const key = secretKey(namespace, account);
    const named = this.state.accounts?.[key];
    if (named === undefined) throw refusal("link", key, "not-found");
    const added = this.#added(key);
    if (findSecret(this.state, namespace, secret) !== null || !added.includes(secret)) return "kept";
    const others = (names: readonly string[]) => names.filter((name) => name !== secret);
    this.#setLinked(key, others(named), others(added));
    return "unlinked";
  }

  #added(key: string): readonly string[] {
    return (this.state.linked?.[key] ?? []).filter((name) => this.state.accounts?.[key]?.includes(name));
  }

  #setLinked(key: string, names: readonly string[], added: readonly string[]): void {
    const accounts = { ...this.state.accounts, [key]: names };
    const linked = { ...this.state.linked, [key]: added };
    this.state = { ...this.state, version: this.state.version + 1, accounts, linked };
  }

  /** Adds a ServiceAccount, or replaces its list. */
  setAccount(namespace: string, account: string, pullSecrets: readonly string[]): void {
    const accounts = { ...this.state.accounts, [secretKey(namespace, account)]: pullSecrets };
    this.state = { ...this.state, version: this.state.version + 1, accounts };
  }

  /** Adds a namespace, or gives a present one other labels or another fate. */
  addNamespace(name: string, labels: Readonly<Record<string, string>> = {}, terminating = false): void {
    const namespaces = { ...this.state.namespaces, [name]: { labels, terminating } };
    this.state = { ...this.state, version: this.state.version + 1, namespaces };
  }

  /** With all that is in it. */
  removeNamespace(name: string): void {
    const { [name]: _gone, ...namespaces } = this.state.namespaces;
    const secrets = Object.entries(this.state.secrets).filter(([, { namespace }]) => namespace !== name);
    const accounts = Object.entries(this.state.accounts ?? {}).filter(([key]) => !key.startsWith(`${name}/`));
    const rest = accounts.length === 0 ? {} : { accounts: Object.fromEntries(accounts) };
    this.state = { version: this.state.version + 1, namespaces, secrets: Object.fromEntries(secrets), ...rest };
  }

  deleteSecretOutside(namespace: string, name: string): void {
    this.state = removeSecret(this.state, namespace, name);
  }

  writeOutside(namespace: string, name: string, write: OutsideWrite): void {
    this.state = writeOutside(this.state, namespace, name, write);
  }

  #store({ state, result }: Stored): SecretFacts {
    this.state = state;
    return factsOf(result, this.#settings);
  }
}
