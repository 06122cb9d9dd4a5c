import { LeaseOwners } from "../../../core/app/lease-owners.ts";
import type { LogLine } from "../../../core/app/log.ts";
import type { Tools } from "../../../core/app/tools.ts";
import { MemoryCluster } from "../../../core/drivers/memory/cluster.ts";
import { MemoryLedgerStore } from "../../../core/drivers/memory/ledger-store.ts";
import { MemoryRegistry } from "../../../core/drivers/memory/registry.ts";
import { emptyRegistryState } from "../../../core/drivers/memory/registry-state.ts";
import { MemorySecretStore } from "../../../core/drivers/memory/secret-store.ts";
import type { Cluster } from "../../../core/ports/cluster.ts";
import type { LedgerStore } from "../../../core/ports/ledger-store.ts";
import { loadGood } from "../config/example.ts";

const credential = (secret: string) => `
    registry: main
    home: here
    robot: { permissions: [{ namespace: apps, access: [{ resource: repository, action: pull }] }] }
    proof: { repository: apps/hello }
    drain: { overlap: 0s, longestPull: 0s }
    targets: [{ clusters: all, namespaces: { names: [web] }, secret: ${secret} }]`;

const file = `format: 1
installation: demo
registries:
  main: { kind: harbor, endpoint: 'https://harbor.example.com', issuer: { username: 'robot$capstan', password: 'env:P' } }
sites:
  here: { kind: local, directory: ./here, identity: file:age.key }
clusters:
  prod-1: { site: here, server: 'https://10.0.0.1:6443', token: env:T }
credentials:
  one:${credential("one-pull")}
  two:${credential("two-pull")}
`;

export interface Broken {
  /** Called before each call; may throw. */
  readonly ledger?: (key: string) => void;
  readonly cluster?: (secret: string) => void;
}

/** Two credentials at one site, all in memory; time passes only where somebody sleeps. */
export function twoCredentials(broken: Broken = {}): { readonly tools: Tools; readonly logged: LogLine[] } {
  let ms = 1_800_000_000_000;
  let drawn = 0;
  const nowMs = () => ms;
  const logged: LogLine[] = [];
  const entropy = {
    hex: (bytes: number) =>
      (drawn++)
        .toString(16)
        .padStart(bytes * 2, "a")
        .slice(-bytes * 2),
  };
  const projects = { apps: { public: false } };
  const registry = new MemoryRegistry({ nowMs, entropy, state: { ...emptyRegistryState, projects } });
  const memory = new MemoryLedgerStore({ nowMs });
  const ledger: LedgerStore = {
    async load(key) {
      broken.ledger?.(key);
      return memory.load(key);
    },
    save: (key, expected, text) => memory.save(key, expected, text),
  };
  const inMemory = new MemoryCluster({ fieldManager: "capstan-demo" });
  inMemory.addNamespace("web");
  const cluster: Cluster = {
    listNamespaces: (query) => inMemory.listNamespaces(query),
    listSecrets: (selector, token) => inMemory.listSecrets(selector, token),
    async readSecret(namespace, name) {
      broken.cluster?.(name);
      return inMemory.readSecret(namespace, name);
    },
    readExternalSecret: () => inMemory.readExternalSecret(),
    createEmptySecret: (namespace, name, labels) => inMemory.createEmptySecret(namespace, name, labels),
    applySecret: (write) => inMemory.applySecret(write),
    linkPullSecret: (...exactly) => inMemory.linkPullSecret(...exactly),
    unlinkPullSecret: (...exactly) => inMemory.unlinkPullSecret(...exactly),
    deleteSecret: (...exactly) => inMemory.deleteSecret(...exactly),
  };
  const tools: Tools = {
    config: loadGood(file),
    ports: {
      registries: { main: registry },
      stores: { here: new MemorySecretStore() },
      ledgers: { here: ledger },
      clusters: { "prod-1": cluster },
    },
    issuers: {},
    watches: {},
    platform: null,
    trusts: {},
    storeNotices: {},
    clock: {
      nowMs,
      async sleep(waitMs) {
        ms += waitMs;
      },
    },
    entropy,
    owners: new LeaseOwners("test"),
    log: (line) => logged.push(line),
  };
  return { tools, logged };
}
