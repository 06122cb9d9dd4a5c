import { AwsRefusal } from "../aws/replies.ts";
import { checkSignature, type KnownKey } from "../aws/signature.ts";
import type { FaultBoard } from "../faults.ts";
import { type Listener, listen, type PartReply, type PartRequest } from "../listener.ts";

/** What a cloud tells about one cluster; the same cluster in each of the three. */
export interface KnownCluster {
  readonly name: string;
  readonly server: string;
  readonly caPem: string;
}

export interface ControlPlaneOptions {
  readonly faults: FaultBoard;
  readonly nowMs: () => number;
  readonly tls: { readonly cert: string; readonly key: string };
  readonly cluster: KnownCluster;
  readonly awsKey: KnownKey;
  /** Bearer tokens of Azure Resource Manager and of Google. */
  readonly managementToken: string;
  readonly googleToken: string;
  /** AKS gives out a local account's certificate instead of an exec stanza. */
  readonly localAccounts?: boolean;
  /** GKE's DNS endpoint, open to the outside; absent: it has none. */
  readonly dnsEndpoint?: string;
}

/**
 * What EKS (DescribeCluster), Azure Resource Manager (listClusterUserCredential) and Kubernetes Engine
 * (clusters.get) answer about a cluster, as far as reaching it goes; on one address.
 */
export function startControlPlanes(options: ControlPlaneOptions): Promise<Listener> {
  const { faults, nowMs, tls } = options;
  const handle = (request: PartRequest): PartReply => {
    if (request.path.startsWith("/clusters/")) return describeEks(request, options);
    if (request.path.startsWith("/subscriptions/")) return listAksCredential(request, options);
    if (request.path.startsWith("/v1/projects/")) return getGke(request, options);
    return { status: 404, body: {} };
  };
  const shared = { part: "kubernetes" as const, instance: "control-planes", faults, nowMs, tls };
  return listen({ ...shared, classify: () => "control-plane", handle });
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

function describeEks(request: PartRequest, { cluster, awsKey }: ControlPlaneOptions): PartReply {
  try {
    checkSignature(request, "eks", awsKey);
  } catch (error) {
    if (error instanceof AwsRefusal) return { status: 403, body: { message: error.message } };
    throw error;
  }
  const name = request.path.slice("/clusters/".length);
  if (name !== cluster.name) return { status: 404, body: { message: `No cluster found for name: ${name}.` } };
  const certificateAuthority = { data: base64(cluster.caPem) };
  return { status: 200, body: { cluster: { name, status: "ACTIVE", endpoint: cluster.server, certificateAuthority } } };
}

function listAksCredential(request: PartRequest, options: ControlPlaneOptions): PartReply {
  const { cluster, managementToken, localAccounts = false } = options;
  if (request.headers.authorization !== `Bearer ${managementToken}`) {
    return { status: 401, body: { error: { code: "InvalidAuthenticationToken" } } };
  }
  const [, , , , group, , , kind, name, action] = request.path.split("/");
  if (request.method !== "POST" || kind !== "managedClusters" || action !== "listClusterUserCredential") {
    return { status: 404, body: { error: { code: "InvalidResourceType" } } };
  }
  if (!request.query.has("api-version"))
    return { status: 400, body: { error: { code: "MissingApiVersionParameter" } } };
  if (name !== cluster.name) return { status: 404, body: { error: { code: "ResourceNotFound" } } };
  const user = localAccounts
    ? { "client-certificate-data": base64("certificate"), "client-key-data": base64("key") }
    : { exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command: "kubelogin", args: ["get-token"] } };
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: cluster.server, "certificate-authority-data": base64(cluster.caPem) } }],
    users: [{ name: `clusterUser_${group}_${name}`, user }],
    contexts: [],
  };
  return { status: 200, body: { kubeconfigs: [{ name: "clusterUser", value: base64(JSON.stringify(kubeconfig)) }] } };
}

function getGke(request: PartRequest, { cluster, googleToken, dnsEndpoint }: ControlPlaneOptions): PartReply {
  if (request.headers.authorization !== `Bearer ${googleToken}`) {
    return { status: 401, body: { error: { code: 401, status: "UNAUTHENTICATED" } } };
  }
  const name = request.path.split("/").at(-1);
  if (name !== cluster.name) return { status: 404, body: { error: { code: 404, status: "NOT_FOUND" } } };
  const dns = dnsEndpoint === undefined ? {} : { endpoint: dnsEndpoint, allowExternalTraffic: true };
  return {
    status: 200,
    body: {
      name,
      status: "RUNNING",
      endpoint: new URL(cluster.server).host,
      masterAuth: { clusterCaCertificate: base64(cluster.caPem) },
      controlPlaneEndpointsConfig: { dnsEndpointConfig: dns, ipEndpointsConfig: { enabled: true } },
    },
  };
}
