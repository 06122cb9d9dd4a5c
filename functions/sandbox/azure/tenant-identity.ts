import { createHash } from "node:crypto";
import type { IssuerDirectory } from "../identity/directory.ts";
import { createOidcIssuer, type OidcIssuer } from "../identity/issuer.ts";
import { tenantId } from "./tokens.ts";

/** What an app registration or a user-assigned identity trusts; each field is compared to the letter. */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

const tokenLifeMs = 86_400_000;

/** Who is who in one Entra tenant, as far as federation goes. */
export class TenantIdentity {
  readonly tenantId = tenantId;
  /** Object id of the managed identity: the subject of its tokens. */
  readonly principalId: string;
  /** Of v1 access tokens, such as a managed identity gets for an application. */
  readonly issuer: OidcIssuer;
  /** Application ID URIs that have a service principal here: a managed identity gets tokens for these. */
  readonly applications = new Set<string>();
  /** By client id. An id that is absent names no application of this tenant. */
  readonly federated = new Map<string, readonly FederatedCredential[]>();
  readonly directory: IssuerDirectory;

  constructor(directory: IssuerDirectory) {
    this.directory = directory;
    this.principalId = uuidOf("managed identity");
    this.issuer = createOidcIssuer(`https://sts.windows.net/${tenantId}/`);
    directory.add(this.issuer);
  }

  /** A managed identity's token for an application, 24 hours long as Microsoft documents it. */
  issueFor(application: string, nowMs: number): { readonly token: string; readonly expiresMs: number } {
    const claims = { aud: application, sub: this.principalId, oid: this.principalId, tid: tenantId, idtyp: "app" };
    const token = this.issuer.issue(claims, { nowMs, lifeMs: tokenLifeMs });
    return { token, expiresMs: nowMs + tokenLifeMs };
  }
}

function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
