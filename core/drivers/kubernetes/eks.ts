import { SignatureV4 } from "@smithy/signature-v4";
import { Secret } from "../../secret.ts";
import { NodeSha256 } from "../http/node-sha256.ts";
import { askCloud, type ClusterReach, pemOf, recordOf, textIn, unusable } from "./reach.ts";
import type { DatedToken } from "./token.ts";

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface EksOptions {
  readonly region: string;
  readonly cluster: string;
  /** Private endpoint of EKS; absent: the region's own. */
  readonly endpoint?: string | undefined;
  readonly caFile?: string | undefined;
  readonly credentials: () => Promise<AwsKeys>;
  readonly nowMs: () => number;
  readonly requestTimeoutMs: number;
}

const system = "eks";
/** The token is good for 15 minutes from its date, whatever it says itself (clouds.md A5). */
const tokenLifeMs = 14 * 60_000;
const presignedSeconds = 60;
/** The server refuses longer ones. */
const tokenCharactersMax = 4096;

/**
 * An EKS cluster: endpoint and authority from DescribeCluster (needs `eks:DescribeCluster`), tokens that are
 * presigned questions to STS (need no right). Throws `PortError`.
 */
export async function eksReach(options: EksOptions): Promise<ClusterReach> {
  const { server, caPem } = await describe(options);
  return { server, caPem, token: () => eksToken(options) };
}

async function describe(options: EksOptions): Promise<Pick<ClusterReach, "server"> & { readonly caPem: string }> {
  const operation = "DescribeCluster";
  const endpoint = options.endpoint ?? `https://eks.${options.region}.${domainOf(options.region)}`;
  const { host, protocol, hostname, port } = new URL(endpoint);
  const path = `/clusters/${encodeURIComponent(options.cluster)}`;
  const signed = await signer(options, "eks").sign(
    { method: "GET", protocol, hostname, ...(port === "" ? {} : { port: Number(port) }), path, headers: { host } },
    { signingDate: new Date(options.nowMs()) },
  );
  const reply = await askCloud(
    { endpoint, caFile: options.caFile },
    {
      method: "GET",
      url: `${endpoint}${path}`,
      headers: signed.headers,
      system,
      operation,
      timeoutMs: options.requestTimeoutMs,
    },
  );
  const cluster = recordOf(reply["cluster"]);
  const server = textIn(cluster, "endpoint");
  const authority = textIn(recordOf(cluster["certificateAuthority"]), "data");
  if (server === "" || authority === "") {
    throw unusable(system, operation, `${options.cluster} has no endpoint yet (status ${textIn(cluster, "status")})`);
  }
  return { server, caPem: pemOf(authority) };
}

/** `k8s-aws-v1.` and a presigned GetCallerIdentity that names the cluster in a signed header. */
export async function eksToken(options: EksOptions): Promise<DatedToken> {
  const host = `sts.${options.region}.${domainOf(options.region)}`;
  const nowMs = options.nowMs();
  const { query = {} } = await signer(options, "sts").presign(
    {
      method: "GET",
      protocol: "https:",
      hostname: host,
      path: "/",
      headers: { host, "x-k8s-aws-id": options.cluster },
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
    },
    // Otherwise the cluster's name would move into the query, where the server wants a signed header.
    { expiresIn: presignedSeconds, signingDate: new Date(nowMs), unhoistableHeaders: new Set(["x-k8s-aws-id"]) },
  );
  const url = new URL(`https://${host}/`);
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, String(value));
  const token = `k8s-aws-v1.${Buffer.from(url.href).toString("base64url")}`;
  if (token.length > tokenCharactersMax) {
    throw unusable(system, "token", `over ${tokenCharactersMax} characters: the session token is too long for EKS`);
  }
  return { token: new Secret(token), untilMs: nowMs + tokenLifeMs };
}

const domainOf = (region: string) => (region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com");

function signer({ region, credentials }: EksOptions, service: string): SignatureV4 {
  return new SignatureV4({ service, region, credentials, sha256: NodeSha256 });
}
