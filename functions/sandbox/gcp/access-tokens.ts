import { randomBytes } from "node:crypto";
import type { PartReply, PartRequest } from "../listener.ts";
import { GcpRefusal } from "./refusal.ts";

const tokenLifeMs = 3_600_000;
/** The metadata server hands out one token again until it has this much life left. */
const renewMs = 300_000;

const metadataHeaders = { "metadata-flavor": "Google", server: "Metadata Server for VM" };

/** Opaque access tokens: issued, remembered with their end, demanded by Secret Manager. */
export class AccessTokens {
  readonly #endsMs = new Map<string, number>();
  #handedOut: string | null = null;

  issue(nowMs: number, lifeMs = tokenLifeMs): string {
    const token = `ya29.sandbox-${randomBytes(24).toString("hex")}`;
    this.#endsMs.set(token, nowMs + lifeMs);
    return token;
  }

  /** Throws `UNAUTHENTICATED` where the bearer token is missing, unknown or expired. */
  check(request: PartRequest): void {
    const header = request.headers.authorization;
    if (header === undefined) {
      throw new GcpRefusal("UNAUTHENTICATED", "Request is missing required authentication credential.");
    }
    const endsMs = this.#endsMs.get(/^Bearer (.+)$/i.exec(header)?.[1] ?? "");
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

/**
 * The metadata server as far as `google-auth-library` asks it (`GCE_METADATA_HOST` leads it here). Without
 * `Metadata-Flavor: Google`, or with `X-Forwarded-For`, everything is 403, so that no web page and no
 * proxy gets a token.
 */
export function answerMetadata(
  request: PartRequest,
  tokens: AccessTokens,
  project: { readonly id: string; readonly number: string },
): PartReply {
  const { headers, path, nowMs } = request;
  if (headers["metadata-flavor"] !== "Google" || headers["x-forwarded-for"] !== undefined) {
    const body = "<p>Your client does not have permission to get this URL: Metadata-Flavor:Google is missing.</p>\n";
    return { status: 403, headers: { ...metadataHeaders, "content-type": "text/html" }, body };
  }
  const account = "/computeMetadata/v1/instance/service-accounts/default";
  const answers: Readonly<Record<string, () => object | string>> = {
    "/computeMetadata/v1/instance": () => "service-accounts/\n",
    [`${account}/token`]: () => tokens.handOut(nowMs),
    [`${account}/email`]: () => `sandbox@${project.id}.iam.gserviceaccount.com`,
    "/computeMetadata/v1/project/project-id": () => project.id,
    "/computeMetadata/v1/project/numeric-project-id": () => project.number,
    "/computeMetadata/v1/universe/universe-domain": () => "googleapis.com",
  };
  const answer = answers[path.replace(/\/$/, "")];
  if (answer === undefined) return { status: 404, headers: metadataHeaders, body: "<p>Not Found</p>\n" };
  const body = answer();
  const type = typeof body === "string" ? "application/text" : "application/json";
  return { status: 200, headers: { ...metadataHeaders, "content-type": type }, body };
}
