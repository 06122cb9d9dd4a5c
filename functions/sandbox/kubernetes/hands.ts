import { externalSecretsGroup, type JsonObject, type KubeObject, resources, sameJson } from "./objects.ts";
import type { ObjectStore } from "./store.ts";
import { createObject, deleteObject, terminateNamespace, updateObject } from "./writes.ts";

/** One pull Secret as a puller sees it, decoded. */
interface DecodedSecret {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

interface PutSecretOptions {
  readonly type?: string;
  readonly immutable?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Who is seen to have written it, as an ordinary (`Update`) writer. Default `kubectl-edit`. */
  readonly manager?: string;
}

/** What tests and the demo do to a cluster from inside: no rights, counters or faults apply. */
export interface Hands {
  createNamespace(name: string, labels?: Readonly<Record<string, string>>): void;
  /** As `kubectl label`. */
  labelNamespace(name: string, labels: Readonly<Record<string, string>>): void;
  /** At once, with all that is in it. */
  deleteNamespace(name: string): void;
  /** Going away, and refusing new content, until `deleteNamespace`. */
  terminateNamespace(name: string): void;
  /** Creates the Secret, or replaces its data, labels and annotations. Values are plain text. */
  putSecret(namespace: string, name: string, data: Readonly<Record<string, string>>, options?: PutSecretOptions): void;
  deleteSecret(namespace: string, name: string): void;
  /** From now on the cluster knows ExternalSecrets (`external-secrets.io/v1`), to be read. */
  installExternalSecrets(): void;
  /** An ExternalSecret as its controller leaves it, or another version of it. */
  putExternalSecret(namespace: string, name: string, fields: { readonly spec: object; readonly status?: object }): void;
  /** As the controller makes one in each namespace. */
  createAccount(namespace: string, name: string, pullSecrets?: readonly string[]): void;
  /** Names in its `imagePullSecrets`. */
  accountSecrets(namespace: string, name: string): readonly string[];
  secret(namespace: string, name: string): DecodedSecret | null;
  secrets(): readonly DecodedSecret[];
  /** Every watch under way breaks off, in the midst of its answer. */
  dropWatches(): void;
  /** Continue tokens and watched versions handed out until now answer 410. */
  expireContinueTokens(): void;
}

export function createHands(store: ObjectStore): Hands {
  const manager = "kubectl-create";
  const secretTarget = (namespace: string, name: string, by = manager) => ({
    info: resources.secrets,
    namespace,
    name,
    manager: by,
    dryRun: false,
  });
  const remove = (namespace: string, name: string) => {
    const found = store.get("secrets", namespace, name);
    if (found !== null) deleteObject(store, secretTarget(namespace, name), found, {});
  };
  return {
    createNamespace(name: string, labels: Readonly<Record<string, string>> = {}): void {
      const target = { info: resources.namespaces, namespace: "", name, manager, dryRun: false };
      createObject(store, target, { metadata: { name, labels } });
    },
    labelNamespace(name: string, labels: Readonly<Record<string, string>>): void {
      const target = { info: resources.namespaces, namespace: "", name, manager, dryRun: false };
      const before = store.get("namespaces", "", name);
      if (before === null) return;
      const changed = { ...before, metadata: { ...before.metadata, labels } } as unknown as JsonObject;
      updateObject(store, target, before, changed);
    },
    deleteNamespace(name: string): void {
      for (const { resource } of Object.values(resources).filter(({ namespaced }) => namespaced)) {
        for (const object of store.listIn(resource, name)) store.remove(resource, object);
      }
      const found = store.get("namespaces", "", name);
      if (found !== null) store.remove("namespaces", found);
    },
    terminateNamespace(name: string): void {
      const found = store.get("namespaces", "", name);
      if (found !== null) terminateNamespace(store, found);
    },
    putSecret(
      namespace: string,
      name: string,
      data: Readonly<Record<string, string>>,
      options: PutSecretOptions = {},
    ): void {
      const { type = "kubernetes.io/dockerconfigjson", immutable, labels = {}, annotations = {} } = options;
      const target = secretTarget(namespace, name, options.manager ?? "kubectl-edit");
      const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
      const body = {
        metadata: { name, labels, annotations },
        type,
        ...(immutable === undefined ? {} : { immutable }),
        data: Object.fromEntries(encoded) as Record<string, string>,
      };
      const before = store.get("secrets", namespace, name);
      if (before === null) createObject(store, target, body);
      else updateObject(store, target, before, body);
    },
    deleteSecret: remove,
    installExternalSecrets: () => void store.installed.add(externalSecretsGroup),
    putExternalSecret(namespace, name, fields): void {
      const before = store.get("externalsecrets", namespace, name);
      const { kind, apiVersion } = resources.externalsecrets;
      const generation =
        before === null ? 1 : (before.metadata.generation ?? 0) + (sameJson(before["spec"], fields.spec) ? 0 : 1);
      const given = before?.metadata ?? { uid: "", resourceVersion: "", creationTimestamp: "" };
      const object = { kind, apiVersion, metadata: { ...given, namespace, name, generation }, ...fields };
      store.put("externalsecrets", object, before === null);
    },
    createAccount(namespace: string, name: string, pullSecrets: readonly string[] = []): void {
      const target = { info: resources.serviceaccounts, namespace, name, manager, dryRun: false };
      createObject(store, target, {
        metadata: { name },
        imagePullSecrets: pullSecrets.map((secret) => ({ name: secret })),
      });
    },
    accountSecrets(namespace: string, name: string): readonly string[] {
      const entries = store.get("serviceaccounts", namespace, name)?.["imagePullSecrets"] ?? [];
      return (entries as readonly { readonly name: string }[]).map((entry) => entry.name);
    },
    secret(namespace: string, name: string): DecodedSecret | null {
      const found = store.get("secrets", namespace, name);
      return found === null ? null : decode(found);
    },
    secrets: () => store.list("secrets").map(decode),
    dropWatches: () => store.dropWatches(),
    expireContinueTokens: () => store.compact(),
  };
}

/** Objects never change in place, so each is decoded once: the demo looks at all of a fleet twice a second. */
const decoded = new WeakMap<KubeObject, DecodedSecret>();

function decode(object: KubeObject): DecodedSecret {
  const known = decoded.get(object);
  if (known !== undefined) return known;
  const secret = decodeNow(object);
  decoded.set(object, secret);
  return secret;
}

function decodeNow({ metadata, ...fields }: KubeObject): DecodedSecret {
  const data = Object.entries((fields["data"] ?? {}) as Readonly<Record<string, string>>);
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    type: String(fields["type"]),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    data: Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")])),
  };
}
