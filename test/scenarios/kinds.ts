import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAgeIdentity } from "../../core/drivers/local-file/age.ts";
import type { FaultRule } from "../../functions/sandbox/faults.ts";
import { type Configuration, given, type Story } from "./story.ts";

/** Every kind of site; the site of a story has its kind's name. */
export const kinds = ["aws", "azure", "gcp", "kubernetes", "local"] as const;
export type Kind = (typeof kinds)[number];

const namespace = "capstan";

/**
 * A story of two sites, `home` and `other`, of these kinds. `prod-1` belongs to home and `prod-2` to the other one;
 * a Kubernetes store lives in `prod-3`, which nobody pulls from. With `objects` the ledgers of AWS and Google Cloud
 * are objects in a bucket.
 */
export async function storyOf(home: Kind, other: Kind, objects = false): Promise<Story> {
  const story = await given({ clusters: 3, namespaces: 1 });
  const identity = await createAgeIdentity();
  writeFileSync(join(story.folder, "age.key"), identity.identity.reveal(), { mode: 0o600 });
  story.sandbox.clusters.find(({ name }) => name === "prod-3")?.createNamespace(namespace);
  const { aws, gcp } = story.sandbox.describe();
  const ledgers: Readonly<Partial<Record<Kind, object>>> = {
    aws: { ledger: { kind: "s3", bucket: aws.bucket, endpoint: aws.endpoint } },
    gcp: { ledger: { kind: "gcs", bucket: gcp.bucket, endpoint: gcp.endpoint } },
  };
  await story.configure((configuration) => onlyThese(configuration, home, other, objects ? ledgers : {}));
  return story;
}

function onlyThese(
  configuration: Configuration,
  home: Kind,
  other: Kind,
  ledgers: Readonly<Partial<Record<Kind, object>>>,
): object {
  const { sites, clusters, credentials, ...rest } = configuration;
  const all: Readonly<Record<Kind, object>> = {
    ...sites,
    kubernetes: { kind: "kubernetes", cluster: "prod-3", namespace },
    local: { kind: "local", directory: "site", identity: "file:age.key" },
  };
  const [credential] = Object.values(credentials);
  const clusterOf = (name: string) => (clusters as Readonly<Record<string, object>>)[name];
  return {
    ...rest,
    sites: { [home]: { ...all[home], ...ledgers[home] }, [other]: { ...all[other], ...ledgers[other] } },
    clusters: {
      "prod-1": { ...clusterOf("prod-1"), site: home, canary: true },
      "prod-2": { ...clusterOf("prod-2"), site: other, canary: false },
      "prod-3": { ...clusterOf("prod-3"), site: home, canary: false },
    },
    credentials: {
      "platform-pull": {
        ...credential,
        home,
        sites: [other],
        canarySite: home,
        targets: credential?.targets.map((target) => ({ ...target, clusters: ["prod-1", "prod-2"] })),
      },
    },
  };
}

/** What makes values and ledgers of this kind unreachable, clusters of the credential aside; null: it has no server. */
export function darkness(kind: Kind): Omit<FaultRule, "action"> | null {
  if (kind === "local") return null;
  // Not the metadata server: a login that fails is another story, and a slow one.
  if (kind === "gcp") return { part: "gcp", when: ({ path }) => path.startsWith("/v1/") };
  return kind === "kubernetes" ? { part: "kubernetes", instance: "prod-3" } : { part: kind };
}
