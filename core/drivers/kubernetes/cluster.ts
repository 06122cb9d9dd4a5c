import type { Dispatcher } from "undici";
import type {
  Cluster,
  ExternalSecretFacts,
  LinkResult,
  NamespaceFacts,
  SecretFacts,
  TargetWrite,
  UnlinkResult,
} from "../../ports/cluster.ts";
import { PortError } from "../../ports/errors.ts";
import type { NamespaceWatch } from "../../ports/namespace-watch.ts";
import { createDispatcher } from "../http/dispatcher.ts";
import { type ApiClient, createClient } from "./client.ts";
import { readExternalSecret } from "./external-secrets.ts";
import { pullTextOf, secretFacts } from "./facts.ts";
import { itemsOf } from "./list-items.ts";
import { MergedData } from "./merge.ts";
import { listNamespaces, namespacesPageSize } from "./namespaces.ts";
import type { ProcessGate } from "./process-gate.ts";
import { PullTexts } from "./pull-texts.ts";
import { type PullData, RememberedData } from "./remembered.ts";
import { checkSecret, type SecretObject, tokenAfter } from "./reply-shapes.ts";
import type { KubernetesApis } from "./sdk.ts";
import { type AppliedSecret, applySecret, deleteSecret, getSecret, listSecrets } from "./secrets.ts";
import { TokenKeeper, type TokenSource } from "./token.ts";
import { watchNamespaces } from "./watch.ts";

export interface KubernetesClusterOptions {
  /** Name of ours, for messages. */
  readonly name: string;
  /** `https://…` of the API server. */
  readonly server: string;
  readonly caPem?: string | undefined;
  readonly caFile?: string | undefined;
  /** Name in the server's certificate, where it is not the address's. */
  readonly tlsServerName?: string | undefined;
  /** Asked before the last one ends (once a minute where that is not known), and again after a refusal. */
  readonly token: TokenSource;
  /** `capstan-<installation>`: one for all credentials. */
  readonly fieldManager: string;
  readonly requestTimeoutMs?: number | undefined;
  /**
   * Secrets of one page. Default 501: of a page that is just full the API server cannot tell whether others follow that
   * match, and gives a token that leads to an empty page; so N of ours take ⌈N/500⌉ requests for N = 500, too.
   */
  readonly pageSize?: number | undefined;
  /** Namespaces of one page. Default 10,000. */
  readonly namespacesPageSize?: number | undefined;
  /** How often a call is sent that is refused for now (429 with Retry-After). Default 8. */
  readonly throttledTriesMax?: number | undefined;
  /** What all clusters of this process share. Absent: this one is alone. */
  readonly processGate?: ProcessGate | undefined;
  readonly nowMs: () => number;
  /** How long one watch request lasts. Default 240. */
  readonly watchSecondsMax?: number | undefined;
}

/** No object has this version: an apply with it creates, or gets 409 from a present one (rotation.md). */
const createOnlyVersion = "1";
const emptyBase64 = Buffer.from('{"auths":{}}', "utf8").toString("base64");

/** A cluster over its API server. Throws when `server` is no https address (http: loopback only). */
export function createKubernetesCluster(options: KubernetesClusterOptions): Cluster & NamespaceWatch {
  const { server, caPem, caFile, tlsServerName } = options;
  const shared = createDispatcher({ endpoint: server, caPem, caFile });
  const dispatcher = tlsServerName === undefined ? shared : shared.compose(withServerName(tlsServerName));
  const requestTimeoutMs = options.requestTimeoutMs ?? 15_000;
  const tokens = new TokenKeeper(options.token, options.nowMs);
  const client = createClient({ ...options, tokens, dispatcher, requestTimeoutMs });
  const watch: NamespaceWatch["watchNamespaces"] = (wanted, told, signal) =>
    watchNamespaces({ ...options, tokens, dispatcher }, wanted, told, signal);
  return Object.assign(new KubernetesCluster(client, options), { watchNamespaces: watch });
}

/** The name asked for in the TLS handshake, and looked for in the certificate. */
function withServerName(servername: string): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (request, handler) => dispatch({ ...request, servername } as typeof request, handler);
}

class KubernetesCluster implements Cluster {
  readonly #client: ApiClient;
  readonly #system: string;
  readonly #fieldManager: string;
  readonly #pageSize: number;
  readonly #namespacesPageSize: number;
  readonly #texts = new PullTexts();
  readonly #data = new RememberedData();
  readonly #merged = new MergedData();
  #apis: Promise<KubernetesApis> | null = null;

  constructor(client: ApiClient, options: KubernetesClusterOptions) {
    this.#client = client;
    this.#system = client.system;
    this.#fieldManager = options.fieldManager;
    this.#pageSize = options.pageSize ?? 501;
    this.#namespacesPageSize = options.namespacesPageSize ?? namespacesPageSize;
  }

  listNamespaces(query: Parameters<Cluster["listNamespaces"]>[0]): Promise<readonly NamespaceFacts[]> {
    return listNamespaces(this.#client, query, this.#namespacesPageSize);
  }

  async listSecrets(labelSelector: string, continueToken: string | null) {
    const list = await listSecrets(this.#client, { labelSelector, limit: this.#pageSize, continueToken });
    const operation = "secrets.list";
    const secrets = itemsOf(list, this.#system, operation).map((secret) => this.#factsOf(secret, operation));
    return { secrets, continueToken: tokenAfter(this.#system, operation, list, continueToken) };
  }

  async readSecret(namespace: string, name: string): Promise<SecretFacts | null> {
    const secret = await this.#read(namespace, name);
    return secret === null ? null : this.#factsOf(secret, "secrets.get", { namespace, name });
  }

  async readExternalSecret(namespace: string, name: string): Promise<ExternalSecretFacts | null> {
    return readExternalSecret((await this.#sdk()).custom, namespace, name, this.#system);
  }

  async createEmptySecret(
    namespace: string,
    name: string,
    labels: Readonly<Record<string, string>>,
  ): Promise<SecretFacts> {
    const metadata = { namespace, name, labels, resourceVersion: createOnlyVersion };
    try {
      const secret = await this.#apply(metadata, emptyBase64, false);
      return this.#factsOf(secret, "secrets.patch", { namespace, name });
    } catch (error) {
      // A stale version and a field's owner both mean the same here: it is there.
      if (reasonOf(error) !== "stale-writer" && reasonOf(error) !== "field-owner") throw error;
      throw this.#conflict("already-exists", { namespace, name }, "exists already");
    }
  }

  async applySecret(write: TargetWrite): Promise<SecretFacts> {
    const { namespace, name, uid, resourceVersion, labels, annotations, force } = write;
    const current = this.#data.recall(uid, resourceVersion) ?? (await this.#readExactly(write));
    const base64 = this.#merged.of(this.#system, write, current);
    try {
      const secret = await this.#apply({ namespace, name, uid, resourceVersion, labels, annotations }, base64, force);
      return this.#factsOf(secret, "secrets.patch", { namespace, name });
    } catch (error) {
      if (reasonOf(error) !== "stale-writer" && reasonOf(error) !== "field-owner") throw error;
      // The server looks at owners before versions and at versions before identities; what happened is
      // told by the object as it is now. `readExactly` throws unless it is still the one we meant.
      await this.#readExactly(write).catch((meanwhile: unknown) => {
        throw meanwhile instanceof PortError && meanwhile.kind === "conflict" ? meanwhile : error;
      });
      throw error;
    }
  }

  async linkPullSecret(namespace: string, account: string, secret: string): Promise<LinkResult> {
    const { linkPullSecret } = await import("./accounts.ts");
    return linkPullSecret((await this.#sdk()).core, this.#fieldManager, { namespace, name: account }, secret);
  }

  async unlinkPullSecret(namespace: string, account: string, secret: string): Promise<UnlinkResult> {
    const { unlinkPullSecret } = await import("./accounts.ts");
    return unlinkPullSecret((await this.#sdk()).core, this.#fieldManager, { namespace, name: account }, secret);
  }

  async deleteSecret(namespace: string, name: string, uid: string, resourceVersion: string): Promise<void> {
    try {
      await deleteSecret(this.#client, { namespace, name }, { uid, resourceVersion });
    } catch (error) {
      if (!(error instanceof PortError && error.kind === "not-found")) throw error;
    }
  }

  #apply(metadata: AppliedSecret["metadata"], base64: string, force: boolean): Promise<unknown> {
    return applySecret(this.#client, { metadata, base64, fieldManager: this.#fieldManager, force });
  }

  async #read(namespace: string, name: string): Promise<Readonly<Record<string, unknown>> | null> {
    try {
      return await getSecret(this.#client, namespace, name);
    } catch (error) {
      if (error instanceof PortError && error.kind === "not-found") return null;
      throw error;
    }
  }

  #sdk(): Promise<KubernetesApis> {
    this.#apis ??= import("./sdk.ts").then(({ sdkApis }) => sdkApis(this.#client));
    return this.#apis;
  }

  /** The data of exactly this object in exactly this version, or the `conflict` that it is not any more. */
  async #readExactly(write: TargetWrite): Promise<PullData> {
    const found = await this.#read(write.namespace, write.name);
    if (found === null) throw this.#conflict("wrong-uid", write, "deleted or made anew meanwhile");
    const secret = checkSecret(this.#system, "secrets.get", found, write);
    if (secret.metadata.uid !== write.uid) {
      throw this.#conflict("wrong-uid", write, "deleted or made anew meanwhile");
    }
    if (secret.metadata.resourceVersion !== write.resourceVersion) {
      throw this.#conflict("stale-writer", write, "changed meanwhile");
    }
    return this.#remember(secret).data;
  }

  #factsOf(reply: unknown, operation: string, asked?: { namespace: string; name: string }): SecretFacts {
    const secret = checkSecret(this.#system, operation, reply, asked);
    return secretFacts(secret, this.#remember(secret).pull, this.#fieldManager);
  }

  #remember(secret: SecretObject) {
    const pull = pullTextOf(secret, this.#texts);
    const data: PullData = { type: secret.type ?? "", text: pull?.text ?? null };
    this.#data.remember(secret.metadata.uid, secret.metadata.resourceVersion, data);
    return { pull, data };
  }

  #conflict(
    reason: "already-exists" | "wrong-uid" | "stale-writer",
    { namespace, name }: { readonly namespace: string; readonly name: string },
    why: string,
  ): PortError {
    const operation = "secrets.patch";
    const message = `${this.#system}: ${operation} ${namespace}/${name}: ${why}`;
    return new PortError("conflict", message, { system: this.#system, operation, reason });
  }
}

const reasonOf = (error: unknown) => (error instanceof PortError ? error.reason : undefined);
