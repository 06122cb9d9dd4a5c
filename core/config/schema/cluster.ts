import * as z from "zod";
import { endpoint } from "./endpoint.ts";
import { secretReference } from "./reference.ts";
import { entryName, filePath, line, text } from "./text.ts";

const common = {
  site: entryName("site"),
  rights: z
    .enum(["list", "named"])
    .default("list")
    .meta({ description: "list: Secrets are found by label; named: only those that targets name are read" }),
  canary: z.boolean().default(false).meta({ description: "Served before the other clusters of its site" }),
};

const byServer = z
  .strictObject({
    ...common,
    server: endpoint("Address of the API server", { pathAllowed: true }),
    caFile: filePath("PEM file with the API server's authority").optional(),
    token: secretReference("the bearer token"),
  })
  .meta({ description: "An API server and a bearer token" });

const byKubeconfig = z
  .strictObject({
    ...common,
    context: line("Context of the kubeconfig"),
    kubeconfig: filePath("Kubeconfig; without it KUBECONFIG, then ~/.kube/config").optional(),
    allowExec: z
      .array(line("Command of an exec plugin, as the kubeconfig spells it"))
      .max(20)
      .default([])
      .meta({ description: "Exec plugins that the context may log in with, such as aws or gke-gcloud-auth-plugin" }),
  })
  .meta({ description: "A context of a kubeconfig" });

const cloudName = (description: string) =>
  text({ description, pattern: "^[A-Za-z0-9_.()-]+$", mend: "write the name as the cloud shows it", lengthMax: 128 });
const reach = (whose: string) => ({
  endpoint: endpoint(`Address of ${whose}, where it is not the public one`).optional(),
  caFile: filePath("PEM file with the authorities to trust for it").optional(),
});

const eks = z
  .strictObject({
    ...common,
    eks: z.strictObject({ region: cloudName("AWS region"), cluster: cloudName("Cluster"), ...reach("EKS") }),
  })
  .meta({ description: "An EKS cluster, with the login of its site where that is an AWS account" });

const aks = z
  .strictObject({
    ...common,
    aks: z.strictObject({
      subscription: cloudName("Subscription id"),
      resourceGroup: cloudName("Resource group"),
      cluster: cloudName("Cluster"),
      ...reach("Azure Resource Manager"),
    }),
  })
  .meta({ description: "An AKS cluster that is integrated with Entra, as a managed identity" });

const gke = z
  .strictObject({
    ...common,
    gke: z.strictObject({
      project: cloudName("Project id or number"),
      location: cloudName("Region or zone"),
      cluster: cloudName("Cluster"),
      ...reach("the Kubernetes Engine API"),
    }),
  })
  .meta({ description: "A GKE cluster, with the login of its site where that is a Google Cloud project" });

const connectGateway = z
  .strictObject({
    ...common,
    connectGateway: z.strictObject({
      projectNumber: cloudName("Number of the fleet's host project"),
      location: cloudName("Location of the membership").default("global"),
      membership: cloudName("Membership"),
      gke: z.boolean().default(true).meta({ description: "Whether the member is a GKE cluster" }),
      endpoint: endpoint("Address of the gateway, where it is not the public one").optional(),
    }),
  })
  .meta({ description: "A cluster behind Google's Connect gateway" });

const inCluster = z
  .strictObject({
    ...common,
    inCluster: z.literal(true),
    serviceAccountFolder: filePath("Folder with ca.crt and token, where the pod mounts them elsewhere").optional(),
  })
  .meta({ description: "The cluster that the runner itself runs in, as its pod's ServiceAccount" });

const harbor = z
  .strictObject({
    site: common.site,
    canary: common.canary,
    harbor: z.strictObject({
      endpoint: endpoint("Base address of the Harbor whose registry endpoints are targets"),
      caFile: filePath("PEM file with the authorities to trust for it").optional(),
      username: line("Login that reads and updates registry endpoints", 255),
      password: secretReference("its password"),
    }),
  })
  .transform((cluster) => ({ ...cluster, rights: "named" as const }))
  .meta({ description: "A Harbor that replicates from another one, or caches for it: its endpoints are targets" });

export const clusterSchema = z.union([byServer, byKubeconfig, eks, aks, gke, connectGateway, inCluster, harbor]);
