import { Agent, request } from "undici";
import type { KubernetesClusterOptions } from "../../core/drivers/kubernetes/cluster.ts";
import { createKubernetesCluster } from "../../core/drivers/kubernetes/cluster.ts";
import type { Cluster } from "../../core/ports/cluster.ts";
import type { NamespaceWatch } from "../../core/ports/namespace-watch.ts";
import { Secret } from "../../core/secret.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { startKubernetes } from "../../functions/sandbox/kubernetes/server.ts";
import { kubernetesCertificates } from "./kubernetes-authority.ts";

/** An API server that the suites run against: the sandbox's, or a real one. No controllers run beside it. */
export interface KubernetesServer {
  readonly url: string;
  /** The same cluster at an address that refuses a second write while one is carried out. */
  readonly fullUrl: string;
  readonly caPem: string;
  /** May do everything. */
  readonly adminToken: string;
  /** The history is forgotten: pages and watches begun before are too old. */
  readonly compact: () => Promise<void>;
  /** An ExternalSecret as its controller leaves it; the first call installs the kind. */
  readonly putExternalSecret: (namespace: string, name: string, fields: ExternalSecretFields) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface ExternalSecretFields {
  readonly spec: object;
  readonly status?: object;
}

export const adminToken = "contract-admin";

export async function startSandboxServer(): Promise<KubernetesServer> {
  const { caPem, tls } = await kubernetesCertificates();
  const server = await startKubernetes({
    name: "contract",
    faults: new FaultBoard(),
    nowMs: () => Date.now(),
    tls,
    tokens: { [adminToken]: { username: "admin", groups: ["system:masters"] } },
  });
  const full = await server.startBeside(1);
  return {
    url: server.url,
    fullUrl: full.url,
    caPem,
    adminToken,
    compact: async () => server.expireContinueTokens(),
    async putExternalSecret(namespace, name, fields) {
      server.installExternalSecrets();
      server.putExternalSecret(namespace, name, fields);
    },
    close: async () => {
      await full.close();
      await server.close();
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a server answers is looked at by the assertions
  readonly body: any;
}

interface CallOptions {
  readonly token?: string;
  readonly type?: string;
  readonly userAgent?: string;
  readonly base?: string;
}

/** Plain calls to an API server, and connections of the driver. */
export class KubernetesClient {
  readonly server: KubernetesServer;
  readonly dispatcher: Agent;

  constructor(server: KubernetesServer) {
    this.server = server;
    this.dispatcher = new Agent({ connect: { ca: server.caPem } });
  }

  async call(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown, how: CallOptions = {}) {
    const { token = this.server.adminToken, type = "application/json", userAgent = "contract/1", base } = how;
    const reply = await request(`${base ?? this.server.url}${path}`, {
      method,
      dispatcher: this.dispatcher,
      headers: { authorization: `Bearer ${token}`, "content-type": type, "user-agent": userAgent },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await reply.body.text();
    const json = reply.headers["content-type"]?.toString().startsWith("application/json") === true;
    const answer: Answer = {
      status: reply.statusCode,
      headers: reply.headers,
      text,
      body: json && !path.includes("watch=") ? JSON.parse(text) : text,
    };
    return answer;
  }

  /** As `call`; throws unless it succeeds. */
  async must(...args: Parameters<KubernetesClient["call"]>): Promise<Answer> {
    const answer = await this.call(...args);
    if (answer.status >= 300) throw new Error(`${args[0]} ${args[1]}: ${answer.status} ${answer.text}`);
    return answer;
  }

  connect(options: Partial<KubernetesClusterOptions> = {}): Cluster & NamespaceWatch {
    const { url, caPem } = this.server;
    return createKubernetesCluster({
      name: "contract",
      server: url,
      caPem,
      token: () => new Secret(this.server.adminToken),
      fieldManager: "capstan-contract",
      nowMs: () => Date.now(),
      ...options,
    });
  }

  /** A ServiceAccount with these rights in its namespace, and a token of it. */
  async account(namespace: string, rules: readonly object[], name = "narrow"): Promise<string> {
    const group = "rbac.authorization.k8s.io";
    const rbac = `/apis/${group}/v1/namespaces/${namespace}`;
    await this.must("POST", `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
    await this.must("POST", `${rbac}/roles`, { metadata: { name }, rules });
    await this.must("POST", `${rbac}/rolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: group, kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    });
    return this.token(namespace, name);
  }

  async token(namespace: string, name: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
    return String((await this.must("POST", path, request)).body.status.token);
  }

  close(): Promise<void> {
    return this.dispatcher.close();
  }
}
