import { createHmac } from "node:crypto";
import { Secret } from "../../core/secret.ts";
import { documentedAwsRates } from "./aws/quotas.ts";
import { type AwsSandbox, startAws } from "./aws/start-aws.ts";
import { documentedVaultRates } from "./azure/quotas.ts";
import { type AzureSandbox, startAzure } from "./azure/start-azure.ts";
import { createAuthority } from "./certificates.ts";
import { type CloudName, environmentOf, type HarborFacts, type SandboxFacts } from "./facts.ts";
import { FaultBoard } from "./faults.ts";
import { documentedGcpRates } from "./gcp/quotas.ts";
import { type GcpSandbox, startGcp } from "./gcp/start-gcp.ts";
import { type Harbor, type IssuedLogin, startHarbor } from "./harbor/start-harbor.ts";
import { IssuerDirectory } from "./identity/directory.ts";
import type { KubernetesSandbox } from "./kubernetes/server.ts";
import { sampleLayers } from "./sample-image.ts";
import { type ClusterTokens, clusterTokens, startClusters } from "./start-clusters.ts";

const project = "apps";
const repository = `${project}/hello`;
const tag = "1";
const table = "capstan";
const container = "capstan";
/** At AWS and at Google Cloud, for ledgers that are objects. */
const bucket = "capstan-ledgers";
const gcpProject = "capstan-sandbox";

/** Without those per minute: the sandbox is used with weeks pressed into a minute. */
const { writesPerMinuteMax: _w, readsPerMinuteMax: _r, accessesPerMinuteMax: _a, ...gcpRates } = documentedGcpRates;

export interface SandboxOptions {
  readonly clusters: number;
  readonly namespacesPerCluster: number;
  /** Keys, tokens and passwords are drawn from it. Those that Harbor makes are not. */
  readonly seed: number;
  /** How many Harbors, each with robots and images of its own; one where absent. */
  readonly harbors?: number;
  /** Life of Harbor's bearer tokens, milliseconds; 30 minutes where absent. */
  readonly tokenExpirationMs?: number;
  /** How long they are taken past their end; 60 s where absent. */
  readonly tokenLeewayMs?: number;
  /** `v2.12.0`; 2.15.2 where absent. Up to 2.11 robots cannot mint, and the issuer is the administrator. */
  readonly harborVersion?: string;
  /** Who mints; a robot where absent and where the version lets robots. Only an administrator refreshes robots. */
  readonly issuer?: "robot" | "administrator";
  /** False: none of the rate quotas that the clouds document, for a clock that stands still; true where absent. */
  readonly quotas?: boolean;
  /** Milliseconds since the epoch; the machine's clock where absent. */
  readonly nowMs?: () => number;
  /** Any free port where absent; clusters count up from `kubernetes`. */
  readonly ports?: Readonly<Partial<Record<"harbor" | "aws" | "azure" | "gcp" | "kubernetes", number>>>;
}

export interface Sandbox {
  readonly harbor: Harbor;
  /** All of them, `harbor` first. */
  readonly harbors: readonly Harbor[];
  readonly aws: AwsSandbox;
  readonly azure: AzureSandbox;
  readonly gcp: GcpSandbox;
  readonly clusters: readonly (KubernetesSandbox & { readonly name: string })[];
  readonly caPem: string;
  readonly faults: FaultBoard;
  /** How to reach each part. */
  describe(): SandboxFacts;
  /** Environment of a function in each cloud; `capstan.yaml` refers to it (`environmentReferences`). */
  readonly env: Readonly<Record<CloudName, Readonly<Record<string, string>>>>;
  close(): Promise<void>;
}

interface Keys {
  readonly adminPassword: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly identityHeader: string;
  readonly clusters: readonly ClusterTokens[];
}

type Parts = Awaited<ReturnType<typeof startParts>>;

/**
 * A hybrid cloud in this process, each part a listener on loopback: a Harbor (or several) with a private project
 * `apps`, an image `apps/hello:1` and an issuer; an AWS, an Azure and a Google Cloud account; Kubernetes
 * clusters over TLS with labelled namespaces and no pull Secret yet.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const faults = new FaultBoard();
  const keys = drawKeys(options);
  const parts = await startParts(options, keys, faults);
  const { harbors, aws, azure, gcp, clusters, caPem } = parts;
  for (const harbor of harbors) {
    harbor.createProject(project, { public: false });
    harbor.pushImage(project, "hello", tag, sampleLayers(options.seed));
  }
  const [harbor] = harbors;
  const facts = factsOf(parts, keys, options);
  const listeners = [...harbors, aws, azure, gcp, ...clusters.map(({ server }) => server)];
  return {
    harbor,
    harbors,
    aws,
    azure,
    gcp,
    clusters: clusters.map(({ server, facts: { name } }) => ({ ...server, name })),
    caPem,
    faults,
    describe: () => facts,
    env: environmentOf(facts),
    async close() {
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}

/** A robot, from the first Harbor on that lets robots mint. */
function issuerOf(harbor: Harbor, { adminPassword }: Keys, { harborVersion, issuer }: SandboxOptions): IssuedLogin {
  const minor = /^v?2\.(\d+)\./.exec(harborVersion ?? "")?.[1];
  const mayBeRobot = minor === undefined || Number(minor) >= 12;
  if (mayBeRobot && issuer !== "administrator") return harbor.issuer("capstan-issuer");
  return { id: 1, username: "admin", password: new Secret(adminPassword) };
}

function drawKeys(options: SandboxOptions): Keys {
  const draw = (label: string, length: number): string =>
    createHmac("sha256", String(options.seed)).update(label).digest("hex").slice(0, length);
  return {
    adminPassword: `Admin1-${draw("admin", 24)}`,
    accessKeyId: `AKIA${draw("access-key", 16).toUpperCase()}`,
    secretAccessKey: draw("secret-access-key", 40),
    identityHeader: draw("identity-header", 32),
    clusters: clusterTokens(options.clusters, draw),
  };
}

async function startParts(options: SandboxOptions, keys: Keys, faults: FaultBoard) {
  const nowMs = options.nowMs ?? (() => Date.now());
  const common = (part: "harbor" | "aws" | "azure" | "gcp") => {
    const port = options.ports?.[part];
    return { faults, nowMs, ...(port === undefined ? {} : { port }) };
  };
  // The clouds know each other's issuers, and Google hands AWS what was signed for it.
  const directory = new IssuerDirectory();
  const { accessKeyId, secretAccessKey, identityHeader, adminPassword } = keys;
  const limited = options.quotas ?? true;
  const startingClusters = createAuthority("capstan sandbox").then(async (authority) => {
    const tls = await authority.leaf("kubernetes");
    return {
      caPem: authority.caPem,
      clusters: await startClusters({ ...options, tokens: keys.clusters, tls, faults, nowMs }),
    };
  });
  const startOne = (more: object): Promise<Harbor> =>
    startHarbor({
      faults,
      nowMs,
      adminPassword,
      ...(options.harborVersion === undefined ? {} : { version: options.harborVersion }),
      ...(options.tokenExpirationMs === undefined ? {} : { tokenExpirationMs: options.tokenExpirationMs }),
      ...(options.tokenLeewayMs === undefined ? {} : { leewayMs: options.tokenLeewayMs }),
      ...more,
    });
  const others = Array.from({ length: (options.harbors ?? 1) - 1 }, (_, index) =>
    startOne({ instance: harborName(index + 1) }),
  );
  const startingAws = startAws({
    ...common("aws"),
    directory,
    accessKeyId,
    secretAccessKey,
    tables: [table],
    buckets: [bucket],
    rates: limited ? documentedAwsRates : {},
  });
  const startingGcp = startingAws.then(({ callerOf }) => {
    const rates = limited ? gcpRates : {};
    return startGcp({
      ...common("gcp"),
      directory,
      awsCallerOf: callerOf,
      project: gcpProject,
      buckets: [bucket],
      rates,
    });
  });
  const [harbor, aws, azure, gcp, { caPem, clusters }] = await Promise.all([
    startOne(common("harbor")),
    startingAws,
    startAzure({
      ...common("azure"),
      directory,
      identityHeader,
      containers: [container],
      rates: limited ? documentedVaultRates : {},
    }),
    startingGcp,
    startingClusters,
  ]);
  const harbors: readonly [Harbor, ...Harbor[]] = [harbor, ...(await Promise.all(others))];
  return { harbors, aws, azure, gcp, caPem, clusters };
}

const harborName = (index: number): string => (index === 0 ? "harbor" : `harbor-${index + 1}`);

function harborFacts(harbor: Harbor, index: number, keys: Keys, options: SandboxOptions): HarborFacts {
  const { host } = new URL(harbor.url);
  const issuer = issuerOf(harbor, keys, options);
  return {
    name: harborName(index),
    endpoint: harbor.url,
    host,
    project,
    repository,
    image: `${host}/${repository}:${tag}`,
    issuer: { username: issuer.username, password: issuer.password },
    admin: { username: "admin", password: new Secret(keys.adminPassword) },
    tokenExpirationMs: harbor.tokenLifetime.lifetimeMs,
    tokenLeewayMs: harbor.tokenLifetime.leewayMs,
  };
}

function factsOf(
  { harbors, aws, azure, gcp, caPem, clusters }: Parts,
  keys: Keys,
  options: SandboxOptions,
): SandboxFacts {
  const [first, ...more] = harbors;
  const harbor = harborFacts(first, 0, keys, options);
  return {
    caPem,
    harbor,
    harbors: [harbor, ...more.map((one, index) => harborFacts(one, index + 1, keys, options))],
    aws: {
      endpoint: aws.url,
      region: aws.region,
      table,
      bucket,
      accessKeyId: keys.accessKeyId,
      secretAccessKey: new Secret(keys.secretAccessKey),
    },
    azure: {
      vaultUrl: azure.vaultUrl,
      accountUrl: azure.accountUrl,
      container,
      identityUrl: azure.identityUrl,
      identityHeader: new Secret(keys.identityHeader),
    },
    gcp: { endpoint: gcp.url, project: gcpProject, bucket, metadataHost: gcp.metadataHost },
    clusters: clusters.map(({ facts }) => facts),
  };
}
