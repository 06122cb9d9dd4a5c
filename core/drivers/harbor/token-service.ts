import { z } from "zod";
import type { Login } from "../../ports/registry.ts";
import { isLoopback } from "../http/dispatcher.ts";
import type { HttpReply } from "../http/request.ts";
import { tokenReply } from "./replies.ts";
import { basicAuthorization, type Wire } from "./wire.ts";

const operation = "probe";

const claimsShape = z.object({
  sub: z.string().optional(),
  access: z
    .array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()).nullable() }))
    .nullable()
    .default(null),
});

type Claims = z.infer<typeof claimsShape>;

interface TokenService {
  /** Null: none is named, or one that must not get a secret. */
  readonly url: URL | null;
  readonly serverMs: number | null;
}

/** The token service that the Bearer challenge of `/v2/` names, as a node finds it. */
export async function findTokenService(wire: Wire, endpoint: string): Promise<TokenService> {
  const reply = await wire({ method: "GET", url: `${endpoint.replace(/\/+$/, "")}/v2/`, operation });
  const { serverMs } = reply;
  const challenge = reply.headers["www-authenticate"] ?? "";
  const realm = /^bearer .*realm="([^"]+)"/i.exec(challenge)?.[1];
  const service = /service="([^"]+)"/i.exec(challenge)?.[1];
  if (reply.status !== 401 || realm === undefined || service === undefined || !URL.canParse(realm))
    return { url: null, serverMs };
  const url = new URL(realm);
  const trusted = url.origin === new URL(endpoint).origin || url.protocol === "https:" || isLoopback(realm);
  if (!trusted || !/^https?:$/.test(url.protocol)) return { url: null, serverMs };
  url.searchParams.set("service", service);
  return { url, serverMs };
}

/** What Harbor wrote into the token. Not verified: it came over the connection that is being asked. */
function claimsOf(reply: HttpReply): Claims | null {
  if (reply.status !== 200) return null;
  try {
    const { token } = tokenReply.parse(JSON.parse(reply.text));
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    return claimsShape.parse(JSON.parse(payload));
  } catch {
    return null;
  }
}

/** A token's claims, where it is this very login's; null for an anonymous one, for somebody else's, and for none. */
export async function askToken(
  wire: Wire,
  service: URL,
  login: Login,
  scope: string | null,
): Promise<{ readonly reply: HttpReply; readonly claims: Claims | null }> {
  const url = new URL(service);
  if (scope !== null) url.searchParams.set("scope", scope);
  const reply = await wire({ method: "GET", url: url.href, operation, authorization: basicAuthorization(login) });
  const claims = claimsOf(reply);
  return { reply, claims: claims?.sub === login.username ? claims : null };
}
