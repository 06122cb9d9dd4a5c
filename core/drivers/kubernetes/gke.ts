import type { Secret } from "../../secret.ts";
import { askCloud, type ClusterReach, pemOf, recordOf, textIn, unusable } from "./reach.ts";

export interface GkeOptions {
  readonly project: string;
  /** Region or zone. */
  readonly location: string;
  readonly cluster: string;
  /** Address of the Kubernetes Engine API; absent: the public one. */
  readonly endpoint?: string | undefined;
  readonly caFile?: string | undefined;
  readonly accessToken: () => Promise<Secret>;
  readonly requestTimeoutMs: number;
}

const system = "gke";
const operation = "clusters.get";

/**
 * A GKE cluster (needs `container.clusters.get`; `container.clusters.connect` for its DNS endpoint). The DNS
 * endpoint is preferred where it is open to the outside: it has a public certificate, and the cluster's own
 * authority must not be trusted for it (clouds.md C4). Throws `PortError`.
 */
export async function gkeReach(options: GkeOptions): Promise<ClusterReach> {
  const endpoint = options.endpoint ?? "https://container.googleapis.com";
  const parts = ["projects", options.project, "locations", options.location, "clusters", options.cluster];
  const cluster = await askCloud(
    { endpoint, caFile: options.caFile },
    {
      method: "GET",
      url: `${endpoint}/v1/${parts.map(encodeURIComponent).join("/")}`,
      headers: { authorization: `Bearer ${(await options.accessToken()).reveal()}` },
      system,
      operation,
      timeoutMs: options.requestTimeoutMs,
    },
  );
  return { ...addressOf(cluster, options.cluster), token: options.accessToken };
}

function addressOf(cluster: Readonly<Record<string, unknown>>, name: string): Pick<ClusterReach, "server" | "caPem"> {
  const endpoints = recordOf(cluster["controlPlaneEndpointsConfig"]);
  const dns = recordOf(endpoints["dnsEndpointConfig"]);
  if (textIn(dns, "endpoint") !== "" && dns["allowExternalTraffic"] === true) {
    return { server: `https://${textIn(dns, "endpoint")}` };
  }
  const address = textIn(cluster, "endpoint");
  const authority = textIn(recordOf(cluster["masterAuth"]), "clusterCaCertificate");
  if (recordOf(endpoints["ipEndpointsConfig"])["enabled"] === false || address === "" || authority === "") {
    throw unusable(
      system,
      operation,
      `${name} has neither an open DNS endpoint nor an IP endpoint; use the Connect gateway`,
    );
  }
  return { server: `https://${address}`, caPem: pemOf(authority) };
}

export interface GatewayOptions {
  readonly projectNumber: string;
  /** `global`, or a region. */
  readonly location: string;
  readonly membership: string;
  /** The member is a GKE cluster; others have another path. */
  readonly gke: boolean;
  /** Instead of Google's own. */
  readonly endpoint?: string | undefined;
  readonly accessToken: () => Promise<Secret>;
}

/** A cluster behind the Connect gateway: a public address with the way to the cluster in its path. */
export function gatewayReach(options: GatewayOptions): ClusterReach {
  const { projectNumber, location, membership, gke } = options;
  const host = location === "global" ? "connectgateway.googleapis.com" : `${location}-connectgateway.googleapis.com`;
  const kind = gke ? "gkeMemberships" : "memberships";
  const path = ["v1", "projects", projectNumber, "locations", location, kind, membership].map(encodeURIComponent);
  return { server: `${options.endpoint ?? `https://${host}`}/${path.join("/")}`, token: options.accessToken };
}
