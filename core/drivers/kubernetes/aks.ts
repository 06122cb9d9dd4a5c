import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import { mergeKubeconfigs } from "./kubeconfig-merge.ts";
import { askCloud, type ClusterReach, pemOf, recordOf, textIn, unusable } from "./reach.ts";
import type { DatedToken } from "./token.ts";

export interface AksOptions {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly cluster: string;
  /** Resource Manager's address; absent: the public cloud's. */
  readonly endpoint?: string | undefined;
  readonly caFile?: string | undefined;
  /** A token of Entra for this audience. */
  readonly tokenFor: (audience: string) => Promise<DatedToken | null>;
  readonly requestTimeoutMs: number;
}

const system = "aks";
const operation = "listClusterUserCredential";
const apiVersion = "2025-10-01";
/** The API server's application, the same in all environments (clouds.md B4). */
const serverAudience = "6dae42f8-4368-4678-94ff-3960e28e3630";
const managementDefault = "https://management.azure.com";

/**
 * An AKS cluster: address and authority from the user's credentials (needs "Azure Kubernetes Service Cluster
 * User Role"), tokens of Entra. A cluster that hands out client certificates is refused: they are an
 * administrator's for good, and never asked for. Throws `PortError`.
 */
export async function aksReach(options: AksOptions): Promise<ClusterReach> {
  const endpoint = options.endpoint ?? managementDefault;
  const path = [
    "subscriptions",
    options.subscription,
    "resourceGroups",
    options.resourceGroup,
    "providers/Microsoft.ContainerService/managedClusters",
    options.cluster,
    operation,
  ].map((part) => part.split("/").map(encodeURIComponent).join("/"));
  const { token } = await required(options, managementDefault);
  const reply = await askCloud(
    { endpoint, caFile: options.caFile },
    {
      method: "POST",
      url: `${endpoint}/${path.join("/")}?api-version=${apiVersion}&format=exec`,
      headers: { authorization: `Bearer ${token.reveal()}`, "content-length": "0" },
      system,
      operation,
      timeoutMs: options.requestTimeoutMs,
    },
  );
  const [first] = Array.isArray(reply["kubeconfigs"]) ? reply["kubeconfigs"].map(recordOf) : [];
  const text = pemOf(textIn(first ?? {}, "value"));
  return { ...readKubeconfig(text), token: () => required(options, serverAudience) };
}

function readKubeconfig(text: string): Pick<ClusterReach, "server" | "caPem"> {
  const { clusters, users } = mergeKubeconfigs([{ file: "the credentials from AKS", text }]);
  const [cluster] = clusters.values();
  const [user] = users.values();
  if (cluster === undefined || textIn(cluster.fields, "server") === "") {
    throw unusable(system, operation, "the credentials name no server");
  }
  if (user !== undefined && (user.fields["client-certificate-data"] ?? user.fields["password"]) !== undefined) {
    const why =
      "the cluster gives out local accounts' certificates; integrate it with Entra and disable local accounts";
    throw new PortError("denied", `${system}: ${operation}: ${why}`, { system, operation, reason: "bad-credentials" });
  }
  const authority = textIn(cluster.fields, "certificate-authority-data");
  return { server: textIn(cluster.fields, "server"), ...(authority === "" ? {} : { caPem: pemOf(authority) }) };
}

async function required(options: AksOptions, audience: string): Promise<DatedToken> {
  const token = await options.tokenFor(audience);
  if (token !== null) return token;
  const message = `${system}: token: Entra gave none`;
  throw new PortError("denied", message, { system, operation: "token", reason: "bad-credentials" });
}

/** What `@azure/identity` gives as a dated token. */
export function datedToken(
  given: { readonly token: string; readonly expiresOnTimestamp: number } | null,
): DatedToken | null {
  return given === null ? null : { token: new Secret(given.token), untilMs: given.expiresOnTimestamp };
}
