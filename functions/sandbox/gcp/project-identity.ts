import { createHash } from "node:crypto";
import type { SignedRequest } from "../aws/start-aws.ts";
import type { IssuerDirectory } from "../identity/directory.ts";
import { createOidcIssuer, type OidcIssuer } from "../identity/issuer.ts";

/**
 * A provider of a workload identity pool. Google's default mapping for AWS, `google.subject=assertion.arn` with
 * `attribute.aws_role`; for OIDC `google.subject=assertion.sub`. `condition`: of mapped attributes, absent: all pass.
 */
export type PoolProvider = { readonly condition?: (subject: string) => boolean } & (
  | { readonly kind: "aws"; readonly accountId: string }
  | { readonly kind: "oidc"; readonly issuerUri: string; readonly allowedAudiences: readonly string[] }
);

/** Google's own issuer of identity tokens; the same for every project. */
const googleIssuer = "https://accounts.google.com";

/** Who is who in one Google Cloud project, as far as federation goes. */
export class ProjectIdentity {
  /** The service account of the metadata server. */
  readonly email: string;
  /** Its number: the subject of its identity tokens. */
  readonly uniqueId: string;
  readonly issuer: OidcIssuer = createOidcIssuer(googleIssuer);
  /** By name: `projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>`. */
  readonly providers = new Map<string, PoolProvider>();
  /** Members with Workload Identity User, by the service account's address. */
  readonly users = new Map<string, readonly string[]>();
  readonly directory: IssuerDirectory;
  /** What AWS answers about a signed GetCallerIdentity; null: it refused. */
  readonly awsCallerOf: (request: SignedRequest) => string | null;

  constructor(project: string, directory: IssuerDirectory, awsCallerOf: (request: SignedRequest) => string | null) {
    this.email = `sandbox@${project}.iam.gserviceaccount.com`;
    this.uniqueId = String(
      100_000_000_000_000_000_000n + BigInt(createHash("sha256").update(project).digest().readUIntBE(0, 6)),
    );
    this.directory = directory;
    this.awsCallerOf = awsCallerOf;
    directory.add(this.issuer);
  }

  /** What the metadata server gives under `identity?audience=…`: an hour, `azp` the account itself. */
  issueFor(audience: string, nowMs: number): string {
    const claims = { aud: audience, azp: this.uniqueId, sub: this.uniqueId, email: this.email, email_verified: true };
    return this.issuer.issue(claims, { nowMs, lifeMs: 3_600_000 });
  }
}
