import * as z from "zod";
import { endpoint } from "./endpoint.ts";
import { secretReference } from "./reference.ts";
import { entryName, filePath, line } from "./text.ts";

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

export const clusterSchema = z.union([byServer, byKubeconfig]);
