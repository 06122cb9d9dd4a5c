import type { HarborFacts, SandboxFacts, SecretReferences } from "./facts.ts";

export const credentialName = "platform-pull";
/** Name of the pull Secret in every namespace. */
export const pullSecretName = "platform-pull";
/** Label of the namespaces that hold it. */
export const namespaceLabels: Readonly<Record<string, string>> = { "registry-access": "platform-pull" };

/** The sandbox has no quotas per minute, since weeks are pressed into one there (`start.ts`); per second it has. */
const gcpRateLimits = { writesPerMinuteMax: 1_000_000, readsPerMinuteMax: 1_000_000, accessesPerMinuteMax: 1_000_000 };

/**
 * The input of `capstan.yaml` for a sandbox (`core/config`): home on AWS, replicas on Azure and Google
 * Cloud, every cluster with its site, one entry (a credential at each Harbor) handed to all labelled namespaces. `caFile`: path
 * of the sandbox's authority.
 */
export function sandboxConfiguration(facts: SandboxFacts, references: SecretReferences, caFile: string) {
  const { harbor, harbors, aws, azure, gcp } = facts;
  const registry = ({ name, endpoint, issuer, tokenExpirationMs }: HarborFacts) => ({
    kind: "harbor",
    endpoint,
    issuer: { username: issuer.username, password: references.issuer(name) },
    tokenLifetime: `${tokenExpirationMs}ms`,
  });
  const more = harbors.slice(1);
  return {
    format: 1,
    installation: "sandbox",
    registries: {
      harbor: registry(harbor),
      ...Object.fromEntries(more.map((one) => [one.name, registry(one)])),
    },
    sites: {
      aws: {
        kind: "aws",
        region: aws.region,
        ...(references.aws === null ? {} : { credentials: references.aws }),
        secretsManager: { endpoint: aws.endpoint },
        ledger: { kind: "dynamodb", table: aws.table, endpoint: aws.endpoint },
      },
      azure: {
        kind: "azure",
        vaultUrl: azure.vaultUrl,
        credential: { kind: "managed" },
        ledger: { kind: "blob", accountUrl: azure.accountUrl, container: azure.container },
      },
      gcp: {
        kind: "gcp",
        project: gcp.project,
        endpoint: gcp.endpoint,
        rateLimits: gcpRateLimits,
        credential: { kind: "default" },
      },
    },
    clusters: Object.fromEntries(
      facts.clusters.map(({ name, site, server }, at) => [
        name,
        { site, server, caFile, token: references.clusterToken(name), ...(at === 0 ? { canary: true } : {}) },
      ]),
    ),
    credentials: {
      [credentialName]: {
        ...(more.length === 0
          ? { registry: "harbor", registryHost: harbor.host }
          : { registries: harbors.map(({ name }) => name) }),
        home: "aws",
        sites: ["aws", "azure", "gcp"],
        robot: {
          permissions: [{ namespace: harbor.project, access: [{ resource: "repository", action: "pull" }] }],
        },
        proof: { repository: harbor.repository },
        targets: [
          {
            clusters: "all",
            namespaces: {
              selector: Object.entries(namespaceLabels)
                .map(([key, value]) => `${key}=${value}`)
                .join(","),
            },
            secret: pullSecretName,
          },
        ],
      },
    },
  };
}
