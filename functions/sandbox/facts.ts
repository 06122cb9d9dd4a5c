import type { Secret } from "../../core/secret.ts";

export type CloudName = "aws" | "azure" | "gcp";

export interface ClusterFacts {
  readonly name: string;
  /** The cloud whose runner serves it. */
  readonly site: CloudName;
  readonly server: string;
  /** Bearer token of a runner: namespaces get/list/watch, Secrets get/list/create/patch/delete. */
  readonly runnerToken: Secret;
  /** Bearer token of the nodes: Secrets get. */
  readonly nodeToken: Secret;
  readonly namespaces: readonly string[];
}

export interface HarborFacts {
  /** `harbor`, `harbor-2` …: its name as a registry of the configuration, and for faults. */
  readonly name: string;
  readonly endpoint: string;
  /** `host:port` as image names and pull Secrets spell it. */
  readonly host: string;
  readonly project: string;
  /** `<project>/<repository>`, private. */
  readonly repository: string;
  /** `<host>/<project>/<repository>:<tag>` */
  readonly image: string;
  readonly issuer: { readonly username: string; readonly password: Secret };
  readonly admin: { readonly username: string; readonly password: Secret };
  readonly tokenExpirationMs: number;
  readonly tokenLeewayMs: number;
}

/** How to reach every part: addresses, names, and the secrets to log in with. */
export interface SandboxFacts {
  /** Authority of all TLS listeners. */
  readonly caPem: string;
  readonly harbor: HarborFacts;
  /** All of them, `harbor` first. */
  readonly harbors: readonly HarborFacts[];
  readonly aws: {
    readonly endpoint: string;
    readonly region: string;
    readonly table: string;
    readonly bucket: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: Secret;
  };
  readonly azure: {
    readonly vaultUrl: string;
    readonly accountUrl: string;
    readonly container: string;
    readonly identityUrl: string;
    readonly identityHeader: Secret;
  };
  readonly gcp: {
    readonly endpoint: string;
    readonly project: string;
    readonly bucket: string;
    /** `host:port` for `GCE_METADATA_HOST`. */
    readonly metadataHost: string;
  };
  readonly clusters: readonly ClusterFacts[];
}

/** Where the configuration finds each secret: `env:NAME` or `file:path`. */
export interface SecretReferences {
  /** Password of a Harbor's issuer, by the Harbor's name. */
  readonly issuer: (harbor: string) => string;
  readonly clusterToken: (cluster: string) => string;
  /** Null: the SDK's own chain. */
  readonly aws: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
}

/** Environment variable of an issuer's password: `harbor-2` → `CAPSTAN_HARBOR_2_PASSWORD`. */
function issuerVariable(harbor: string): string {
  return `CAPSTAN_${harbor.toUpperCase().replaceAll("-", "_")}_PASSWORD`;
}

/** Environment variable of a cluster's runner token: `prod-1` → `CAPSTAN_TOKEN_PROD_1`. */
function clusterVariable(cluster: string): string {
  return `CAPSTAN_TOKEN_${cluster.toUpperCase().replaceAll("-", "_")}`;
}

/** References into the environment of `environmentOf`. */
export const environmentReferences: SecretReferences = {
  issuer: (harbor) => `env:${issuerVariable(harbor)}`,
  clusterToken: (cluster) => `env:${clusterVariable(cluster)}`,
  aws: null,
};

/**
 * The environment of a function in each cloud: its identity there, the tokens of its own clusters,
 * and for AWS, the home, the issuers' passwords.
 */
export function environmentOf(facts: SandboxFacts): Readonly<Record<CloudName, Readonly<Record<string, string>>>> {
  const tokens = (site: CloudName): Record<string, string> =>
    Object.fromEntries(
      facts.clusters
        .filter((cluster) => cluster.site === site)
        .map(({ name, runnerToken }) => [clusterVariable(name), runnerToken.reveal()]),
    );
  return {
    aws: {
      AWS_ACCESS_KEY_ID: facts.aws.accessKeyId,
      AWS_SECRET_ACCESS_KEY: facts.aws.secretAccessKey.reveal(),
      AWS_REGION: facts.aws.region,
      ...Object.fromEntries(facts.harbors.map(({ name, issuer }) => [issuerVariable(name), issuer.password.reveal()])),
      ...tokens("aws"),
    },
    azure: {
      IDENTITY_ENDPOINT: facts.azure.identityUrl,
      IDENTITY_HEADER: facts.azure.identityHeader.reveal(),
      ...tokens("azure"),
    },
    gcp: {
      GCE_METADATA_HOST: facts.gcp.metadataHost,
      GOOGLE_CLOUD_PROJECT: facts.gcp.project,
      ...tokens("gcp"),
    },
  };
}
