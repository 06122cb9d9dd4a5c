import { stringify } from "yaml";
import { type Manifest, rbacManifests } from "../../core/app/rbac.ts";
import { isHarbor } from "../../core/config/checks/endpoints.ts";
import type { CliActions } from "./actions.ts";
import { readConfigFile } from "./config-file.ts";
import { exitCode } from "./exit-codes.ts";
import { pickClusters } from "./pick.ts";

/** `capstan rbac`: prints, and changes nothing. Document: `{clusters: [{cluster, manifests}]}`. */
export const rbac: CliActions["rbac"] = async (options, context) => {
  const file = await readConfigFile(context);
  const kubernetes = pickClusters(file, options.clusters).filter((name) => !isHarbor(file.config.clusters[name]));
  const clusters = kubernetes.map((cluster) => ({
    cluster,
    manifests: rbacManifests(file.config, cluster, options.account),
  }));
  const table = clusters.flatMap(({ cluster, manifests }) => [`# Cluster ${cluster}`, ...yamlLines(manifests)]);
  return { exitCode: exitCode.done, data: { clusters }, table };
};

export const yamlLines = (manifests: readonly Manifest[]): readonly string[] =>
  manifests.flatMap((manifest) => [
    "---",
    ...stringify(manifest, { aliasDuplicateObjects: false }).trimEnd().split("\n"),
  ]);
