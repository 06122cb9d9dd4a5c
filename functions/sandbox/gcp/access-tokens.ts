import { randomBytes } from "node:crypto";
import type { PartReply, PartRequest } from "../listener.ts";
import type { ProjectIdentity } from "./project-identity.ts";
import { GcpRefusal } from "./refusal.ts";

const tokenLifeMs = 3_600_000;
/** The metadata server hands out one token again until it has this much life left. */
const renewMs = 300_000;

const metadataHeaders = { "metadata-flavor": "Google", server: "Metadata Server for VM" };

/** Opaque access tokens: issued, remembered with their end, demanded by Secret Manager. */
export class AccessTokens {
  readonly #endsMs = new Map<string, number>();
  /** Of tokens that stand for principals of a workload identity pool and not for an account. */
  readonly #members = new Map<string, readonly string[]>();
  #handedOut: string | null = null;

  issue(nowMs: number, lifeMs = tokenLifeMs): string {
    const token = `ya29.sandbox-${randomBytes(24).toString("hex")}`;
    this.#endsMs.set(token, nowMs + lifeMs);
    return token;
  }

  /** A federated token: opens service accounts that one of these members may use, and nothing else here. */
  issueFor(members: readonly string[], nowMs: number): string {
    const token = this.issue(nowMs);
    this.#members.set(token, members);
    return token;
  }

  /** The members behind a federated token; none: an account's own. Throws as `check` does. */
  membersOf(request: PartRequest): readonly string[] {
    this.#checkAlive(request);
    return this.#members.get(bearerOf(request)) ?? [];
  }

  /** Throws `UNAUTHENTICATED` where the bearer token is missing, unknown or expired, `PERMISSION_DENIED` for a federated one. */
  check(request: PartRequest): void {
    this.#checkAlive(request);
    if (this.#members.has(bearerOf(request))) {
      throw new GcpRefusal("PERMISSION_DENIED", "Permission denied on resource for the federated principal.");
    }
  }

  #checkAlive(request: PartRequest): void {
    if (request.headers.authorization === undefined) {
      throw new GcpRefusal("UNAUTHENTICATED", "Request is missing required authentication credential.");
    }
    const endsMs = this.#endsMs.get(bearerOf(request));
    if (endsMs === undefined || endsMs <= request.nowMs) {
      throw new GcpRefusal("UNAUTHENTICATED", "Request had invalid authentication credentials.");
    }
  }

  /** What the metadata server answers to `…/service-accounts/default/token`. */
  handOut(nowMs: number): object {
    const endsMs = this.#endsMs.get(this.#handedOut ?? "") ?? 0;
    const token = this.#handedOut !== null && endsMs - nowMs > renewMs ? this.#handedOut : this.issue(nowMs);
    this.#handedOut = token;
    const expiresIn = Math.floor(((this.#endsMs.get(token) ?? nowMs) - nowMs) / 1000);
    return { access_token: token, expires_in: expiresIn, token_type: "Bearer" };
  }
}

function bearerOf({ headers }: PartRequest): string {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
}

/**
 * The metadata server as far as `google-auth-library` asks it (`GCE_METADATA_HOST` leads it here). Without
 * `Metadata-Flavor: Google`, or with `X-Forwarded-For`, everything is 403, so that no web page and no
 * proxy gets a token.
 */
export function answerMetadata(
  request: PartRequest,
  tokens: AccessTokens,
  project: { readonly id: string; readonly number: string },
  identity: ProjectIdentity,
): PartReply {
  const { headers, path, nowMs, query } = request;
  if (headers["metadata-flavor"] !== "Google" || headers["x-forwarded-for"] !== undefined) {
    const body = "<p>Your client does not have permission to get this URL: Metadata-Flavor:Google is missing.</p>\n";
    return { status: 403, headers: { ...metadataHeaders, "content-type": "text/html" }, body };
  }
  const account = "/computeMetadata/v1/instance/service-accounts/default";
  const answers: Readonly<Record<string, () => object | string>> = {
    "/computeMetadata/v1/instance": () => "service-accounts/\n",
    [`${account}/token`]: () => tokens.handOut(nowMs),
    [`${account}/identity`]: () => identity.issueFor(query.get("audience") ?? "", nowMs),
    [`${account}/email`]: () => identity.email,
    "/computeMetadata/v1/project/project-id": () => project.id,
    "/computeMetadata/v1/project/numeric-project-id": () => project.number,
    "/computeMetadata/v1/universe/universe-domain": () => "googleapis.com",
  };
  const answer = answers[path.replace(/\/$/, "")];
  const lacksAudience = path.endsWith("/identity") && !query.get("audience");
  if (lacksAudience) return { status: 400, headers: metadataHeaders, body: "non-empty audience parameter required\n" };
  if (answer === undefined) return { status: 404, headers: metadataHeaders, body: "<p>Not Found</p>\n" };
  const body = answer();
  const type = typeof body === "string" ? "application/text" : "application/json";
  return { status: 200, headers: { ...metadataHeaders, "content-type": type }, body };
}
