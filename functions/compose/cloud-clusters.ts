import type { ClusterConfig, SiteConfig } from "../../core/config/complete.ts";
import type { ClusterReach } from "../../core/drivers/kubernetes/reach.ts";
import { PortError } from "../../core/ports/errors.ts";
import { awsLogin, azureLogin, gcpLogin } from "./cloud-logins.ts";
import type { Surroundings } from "./surroundings.ts";

type CloudCluster = Exclude<ClusterConfig, { server: string } | { context: string } | { harbor: object }>;

/**
 * A cluster that a cloud tells the address of, or that this process runs in. The login is its site's where
 * the site is an account of that cloud, else the platform's own.
 */
export async function cloudReach(
  cluster: CloudCluster,
  site: SiteConfig | null,
  around: Surroundings,
): Promise<ClusterReach> {
  const { nowMs, requestTimeoutMs } = around;
  if ("inCluster" in cluster) {
    const { inClusterReach } = await import("../../core/drivers/kubernetes/in-cluster.ts");
    return inClusterReach(around.env, cluster.serviceAccountFolder);
  }
  if ("eks" in cluster) {
    const { eksReach } = await import("../../core/drivers/kubernetes/eks.ts");
    const credentials = await awsKeys(site, cluster.eks.region, around);
    return eksReach({ ...cluster.eks, credentials, nowMs, requestTimeoutMs });
  }
  if ("aks" in cluster) {
    const [{ aksReach, datedToken }, { createAzureCredential }] = await Promise.all([
      import("../../core/drivers/kubernetes/aks.ts"),
      import("../../core/drivers/http/azure-credential.ts"),
    ]);
    if (site?.kind === "azure" && site.credential?.kind === "token") throw needsIdentity();
    const credential = createAzureCredential(azureLogin(site?.kind === "azure" ? site : null, around));
    const tokenFor = async (audience: string) => datedToken(await credential.getToken(`${audience}/.default`));
    return aksReach({ ...cluster.aks, tokenFor, requestTimeoutMs });
  }
  const { gatewayReach, gkeReach } = await import("../../core/drivers/kubernetes/gke.ts");
  const accessToken = await gcpLogin(site?.kind === "gcp" ? site : null, around);
  if ("connectGateway" in cluster) return gatewayReach({ ...cluster.connectGateway, accessToken });
  return gkeReach({ ...cluster.gke, accessToken, requestTimeoutMs });
}

function needsIdentity(): PortError {
  const why = "its site logs in with tokens for vault and storage, and AKS needs others; use credential.kind: managed";
  return new PortError("denied", `aks: ${why}`, { system: "aks", operation: "token", reason: "bad-credentials" });
}

async function awsKeys(site: SiteConfig | null, region: string, around: Surroundings) {
  const [{ keySourceOf }, { sdkKeys }] = await Promise.all([
    import("./aws-keys.ts"),
    import("../../core/drivers/http/aws-client.ts"),
  ]);
  // Asked for at each use: whoever renews a session writes it where the references point.
  return async () => {
    const login = await awsLogin(site?.kind === "aws" ? site : null, around);
    return sdkKeys(await (await keySourceOf({ region, ...login }))());
  };
}
