import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateIdentity } from "age-encryption";
import { stringify } from "yaml";
import { FaultBoard } from "../../../functions/sandbox/faults.ts";
import { startHarbor } from "../../../functions/sandbox/harbor/start-harbor.ts";

/** An API server, as the configuration names it. */
export interface ServedCluster {
  readonly name: string;
  readonly url: string;
  /** Label selector of its namespaces. */
  readonly selector: string;
}

export const secretName = "harbor-pull";

/** A Harbor, and a `capstan.yaml` for one local site with these clusters. `adopt`: somebody else made their Secrets. */
export async function startWorld(
  folder: string,
  clusters: readonly ServedCluster[],
  caPem: string,
  clusterToken: string,
  adopt = false,
) {
  const nowMs = () => Date.now();
  const harbor = await startHarbor({ faults: new FaultBoard(), nowMs, adminPassword: "Bench-admin-1" });
  harbor.createProject("apps", { public: false });
  const issuer = harbor.issuer("bench");
  const caFile = join(folder, "ca.pem");
  const config = join(folder, "capstan.yaml");
  writeFileSync(caFile, caPem);
  writeFileSync(config, configurationText(folder, harbor.url, issuer.username, clusters, caFile, adopt));
  const env = {
    CLUSTER_TOKEN: clusterToken,
    ISSUER_PASSWORD: issuer.password.reveal(),
    AGE_IDENTITY: await generateIdentity(),
  };
  return { config, caFile, env, close: harbor.close };
}

function configurationText(
  folder: string,
  endpoint: string,
  username: string,
  clusters: readonly ServedCluster[],
  caFile: string,
  adopt: boolean,
): string {
  const token = "env:CLUSTER_TOKEN";
  return stringify({
    format: 1,
    installation: "bench",
    registries: { main: { kind: "harbor", endpoint, issuer: { username, password: "env:ISSUER_PASSWORD" } } },
    sites: { local: { kind: "local", directory: join(folder, "values"), identity: "env:AGE_IDENTITY" } },
    clusters: Object.fromEntries(
      clusters.map(({ name, url }) => [name, { site: "local", server: url, caFile, token }] as const),
    ),
    credentials: {
      pull: {
        registry: "main",
        home: "local",
        robot: { permissions: [{ namespace: "apps", access: [{ resource: "repository", action: "pull" }] }] },
        proof: { repository: "apps/bench" },
        // One tick takes it all, however many there are.
        limits: { targetsPerTickMax: 100_000, tickDeadline: "2h", lease: "2h" },
        distributionMax: "3h",
        targets: clusters.map(({ name, selector }) => ({
          clusters: [name],
          namespaces: { selector },
          secret: secretName,
          adopt,
        })),
      },
    },
  });
}
