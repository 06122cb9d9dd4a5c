import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import type { Tools } from "../../core/app/tools.ts";
import { loadConfig } from "../../core/config/load.ts";
import { formatProblem } from "../../core/config/problem.ts";
import type { CloudName } from "../../core/ports/trust.ts";
import { createSecretSource } from "../../functions/compose/secrets.ts";
import { composeTools } from "../../functions/compose/tools.ts";
import { type AwsSandbox, startAws } from "../../functions/sandbox/aws/start-aws.ts";
import { type AzureSandbox, startAzure } from "../../functions/sandbox/azure/start-azure.ts";
import { createAuthority } from "../../functions/sandbox/certificates.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type GcpSandbox, startGcp } from "../../functions/sandbox/gcp/start-gcp.ts";
import { IssuerDirectory } from "../../functions/sandbox/identity/directory.ts";
import type { OidcIssuer } from "../../functions/sandbox/identity/issuer.ts";

export const credential = "pull";
export const secretAccessKey = "cAnArY-secret-access-key-0123456789abcdef";
export const application = "api://capstan";
export const roleName = "capstan-guest";
export const clientId = "7c1b2f0e-6a5d-4e3c-9b8a-112233445566";
export const serviceAccount = "guest@fleet-prod-1.iam.gserviceaccount.com";
export const pool = "projects/123456789012/locations/global/workloadIdentityPools/capstan";
const project = "fleet-prod-1";

/** Remembers every token that an issuer gave out, for the tests of silence. */
class WatchedDirectory extends IssuerDirectory {
  readonly issued: string[] = [];

  override add(issuer: OidcIssuer): void {
    const { issue } = issuer;
    const watched: OidcIssuer["issue"] = (...given) => {
      const token = issue(...given);
      this.issued.push(token);
      return token;
    };
    super.add(Object.assign(issuer, { issue: watched }));
  }
}

/** Three clouds that know each other's issuers, each with a clock that can be wrong. */
export interface FederationWorld {
  readonly aws: AwsSandbox;
  /** Speaks TLS, as Entra must; its managed identity is `machine`'s. */
  readonly azure: AzureSandbox;
  /** The same tenant as a machine in Azure sees it: the managed identity endpoint, plain. */
  readonly machine: AzureSandbox;
  readonly gcp: GcpSandbox;
  readonly directory: WatchedDirectory;
  readonly faults: FaultBoard;
  /** Added to the machine's clock. */
  readonly aheadMs: Record<CloudName, number>;
  /** What a runner at `home` may reach, with replicas in the other two clouds. */
  toolsAt(home: CloudName, env?: Readonly<Record<string, string>>, changes?: { readonly application?: string }): Tools;
  close(): Promise<void>;
}

export async function startFederationWorld(): Promise<FederationWorld> {
  const faults = new FaultBoard();
  const directory = new WatchedDirectory();
  const aheadMs: Record<CloudName, number> = { aws: 0, azure: 0, gcp: 0 };
  const common = (cloud: CloudName) => ({ faults, directory, nowMs: () => Date.now() + aheadMs[cloud] });
  const folder = await mkdtemp(join(tmpdir(), "capstan-federation-"));
  const authority = await createAuthority("authority of the tests");
  const caFile = join(folder, "entra.pem");
  await writeFile(caFile, authority.caPem);
  const identityHeader = "identity-header";
  const [aws, azure, machine] = await Promise.all([
    startAws({ ...common("aws"), accessKeyId: "AKIASANDBOX", secretAccessKey, tables: ["ledgers"] }),
    startAzure({ ...common("azure"), identityHeader, containers: ["ledgers"], tls: await authority.leaf("entra") }),
    startAzure({ ...common("azure"), identityHeader }),
  ]);
  const gcp = await startGcp({ ...common("gcp"), project, awsCallerOf: (request) => aws.callerOf(request) });

  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIASANDBOX");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  vi.stubEnv("IDENTITY_ENDPOINT", machine.identityUrl);
  vi.stubEnv("IDENTITY_HEADER", identityHeader);
  vi.stubEnv("GCE_METADATA_HOST", gcp.metadataHost);
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", undefined);
  vi.stubEnv("HOME", "/nonexistent");
  vi.stubEnv("CLOUDSDK_CONFIG", "/nonexistent");

  const roleArn = `arn:aws:iam::${aws.identity.account}:role/${roleName}`;
  const entra = {
    tenantId: azure.identity.tenantId,
    clientId,
    authorityHost: azure.authorityHost,
    caFile,
  };
  const google = { serviceAccount, stsEndpoint: gcp.url, iamEndpoint: gcp.url };
  const sitesWith = (audience: string) => ({
    aws: {
      kind: "aws",
      region: aws.region,
      secretsManager: { endpoint: aws.url },
      sts: { endpoint: aws.url },
      federation: { azure: { roleArn, audience }, gcp: { roleArn } },
      ledger: { kind: "dynamodb", table: "ledgers", endpoint: aws.url },
    },
    azure: {
      kind: "azure",
      vaultUrl: azure.vaultUrl,
      caFile,
      credential: { kind: "managed" },
      federation: { aws: entra, gcp: entra },
      ledger: { kind: "blob", accountUrl: azure.accountUrl, container: "ledgers", caFile },
    },
    gcp: {
      kind: "gcp",
      project,
      endpoint: gcp.url,
      federation: {
        aws: { ...google, provider: `${pool}/providers/aws-home` },
        azure: { ...google, provider: `${pool}/providers/azure-home`, audience },
      },
    },
  });
  return {
    aws,
    azure,
    machine,
    gcp,
    directory,
    faults,
    aheadMs,
    toolsAt(home, env = {}, changes = {}) {
      const { config, problems } = loadConfig({
        path: "/etc/capstan.yaml",
        readFile: () => JSON.stringify(fileWith(home, sitesWith(changes.application ?? application))),
        env: {},
      });
      if (config === null) throw new Error(problems.map(formatProblem).join("\n"));
      return composeTools({ config, sites: [home], env, secrets: createSecretSource(env), log: () => {} });
    },
    async close() {
      await Promise.all([aws.close(), azure.close(), machine.close(), gcp.close(), rm(folder, { recursive: true })]);
      vi.unstubAllEnvs();
    },
  };
}

function fileWith(home: CloudName, sites: object) {
  return {
    format: 1,
    installation: "federation",
    registries: {
      main: { kind: "harbor", endpoint: "https://harbor.example", issuer: { username: "i", password: "env:P" } },
    },
    sites,
    credentials: {
      [credential]: {
        registry: "main",
        home,
        sites: ["aws", "azure", "gcp"],
        robot: { permissions: [{ namespace: "apps", access: [{ resource: "repository", action: "pull" }] }] },
        proof: { repository: "apps/proof" },
      },
    },
  };
}
