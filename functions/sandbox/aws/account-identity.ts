import { createHash, randomBytes } from "node:crypto";
import type { IssuerDirectory } from "../identity/directory.ts";
import { createOidcIssuer, type OidcIssuer } from "../identity/issuer.ts";
import type { KnownKey } from "./signature.ts";

/** One statement of a role's trust policy that allows AssumeRoleWithWebIdentity, all conditions StringEquals. */
export interface TrustStatement {
  /** ARN of an OIDC provider of this account, or `accounts.google.com`, which needs none. */
  readonly federated: string;
  /** `<provider>:aud`, `:sub`, `:oaud` → what it must be. */
  readonly equals: Readonly<Record<string, string>>;
}

/** Temporary keys of a role. */
export interface Session {
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly endsMs: number;
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>` */
  readonly arn: string;
  readonly roleArn: string;
}

/** Who is who in one AWS account: what IAM and STS know, as far as web identities go. */
export class AccountIdentity {
  readonly account: string;
  /** The role behind the account's one long-lived key, as if a function ran with it. */
  readonly callerRole: string;
  /** Account-specific, as EnableOutboundWebIdentityFederation makes it. */
  readonly issuer: OidcIssuer;
  isOutboundEnabled = true;
  /** OIDC providers by issuer URL → client ids (audiences). */
  readonly providers = new Map<string, readonly string[]>();
  /** Trust policies by role ARN. */
  readonly roles = new Map<string, readonly TrustStatement[]>();
  readonly directory: IssuerDirectory;
  readonly #sessions = new Map<string, Session>();

  constructor(account: string, directory: IssuerDirectory) {
    this.account = account;
    this.callerRole = "capstan-home";
    this.directory = directory;
    this.issuer = createOidcIssuer(`https://${uuidOf(account)}.tokens.sts.global.api.aws`);
    directory.add(this.issuer);
  }

  get callerArn(): string {
    return `arn:aws:iam::${this.account}:role/${this.callerRole}`;
  }

  providerArn(issuer: string): string {
    return `arn:aws:iam::${this.account}:oidc-provider/${issuer.replace(/^https:\/\//, "")}`;
  }

  open(roleArn: string, sessionName: string, endsMs: number): Session & { readonly accessKeyId: string } {
    const role = roleArn.split("/").at(-1) ?? "";
    const accessKeyId = `ASIA${randomBytes(8).toString("hex").toUpperCase()}`;
    const session: Session = {
      secretAccessKey: randomBytes(20).toString("hex"),
      sessionToken: randomBytes(120).toString("base64"),
      endsMs,
      arn: `arn:aws:sts::${this.account}:assumed-role/${role}/${sessionName}`,
      roleArn,
    };
    this.#sessions.set(accessKeyId, session);
    return { ...session, accessKeyId };
  }

  session(accessKeyId: string): Session | undefined {
    return this.#sessions.get(accessKeyId);
  }

  /** The caller behind a key, as GetCallerIdentity and GetWebIdentityToken name it. */
  callerOf(accessKeyId: string, known: KnownKey): { readonly arn: string; readonly roleArn: string } | null {
    const session = this.#sessions.get(accessKeyId);
    if (session !== undefined) return session;
    if (accessKeyId !== known.accessKeyId) return null;
    const arn = `arn:aws:sts::${this.account}:assumed-role/${this.callerRole}/function`;
    return { arn, roleArn: this.callerArn };
  }
}

/** A name that looks like the account's own and is the same in every run. */
function uuidOf(account: string): string {
  const hex = createHash("sha256").update(account).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
