import { z } from "zod";
import type { EndpointVerdict, Login, ProbeResult, ProbeScope } from "../../ports/registry.ts";
import { isLoopback } from "../http/dispatcher.ts";
import type { HttpReply } from "../http/request.ts";
import { harborError, tokenReply } from "./replies.ts";
import { basicAuthorization, type Wire } from "./wire.ts";

const claimsShape = z.object({
  sub: z.string().optional(),
  access: z
    .array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()).nullable() }))
    .nullable()
    .default(null),
});

type Claims = z.infer<typeof claimsShape>;

interface Seen {
  readonly verdict: EndpointVerdict;
  readonly serverMs: number | null;
}

/** Token service named by the Bearer challenge of `/v2/`; null: none, or one that must not get a secret. */
function tokenService(reply: HttpReply, endpoint: string): URL | null {
  const challenge = reply.headers["www-authenticate"] ?? "";
  const realm = /^bearer .*realm="([^"]+)"/i.exec(challenge)?.[1];
  const service = /service="([^"]+)"/i.exec(challenge)?.[1];
  if (reply.status !== 401 || realm === undefined || service === undefined || !URL.canParse(realm)) return null;
  const url = new URL(realm);
  const trusted = url.origin === new URL(endpoint).origin || url.protocol === "https:" || isLoopback(realm);
  if (!trusted || !/^https?:$/.test(url.protocol)) return null;
  url.searchParams.set("service", service);
  return url;
}

/** What Harbor wrote into the token. Not verified: it came over the connection that is being asked. */
function claimsOf(reply: HttpReply): Claims | null {
  try {
    const { token } = tokenReply.parse(JSON.parse(reply.text));
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    return claimsShape.parse(JSON.parse(payload));
  } catch {
    return null;
  }
}

async function probeEndpoint(wire: Wire, endpoint: string, login: Login, scope: ProbeScope): Promise<Seen> {
  const operation = "probe";
  const base = endpoint.replace(/\/+$/, "");
  const challenge = await wire({ method: "GET", url: `${base}/v2/`, operation });
  const service = tokenService(challenge, endpoint);
  let { serverMs } = challenge;
  if (service === null) return { verdict: "unreachable", serverMs };

  const authorization = basicAuthorization(login);
  // Without scope first: with one, wrong credentials get an anonymous token and 200 (harbor.md §2.2).
  const plain = await wire({ method: "GET", url: service.href, operation, authorization });
  serverMs = plain.serverMs ?? serverMs;
  // Harbor's own 401 here has no body; what an ingress or a proxy says is no verdict on the login.
  const harbors = plain.text === "" || harborError(plain) !== null;
  if (plain.status === 401 && harbors) return { verdict: "refused", serverMs };
  if (plain.status !== 200 || claimsOf(plain)?.sub !== login.username) return { verdict: "unreachable", serverMs };
  if (scope.repository === null) return { verdict: "accepted", serverMs };

  service.searchParams.set("scope", `repository:${scope.repository}:${scope.action}`);
  const scoped = await wire({ method: "GET", url: service.href, operation, authorization });
  serverMs = scoped.serverMs ?? serverMs;
  const claims = scoped.status === 200 ? claimsOf(scoped) : null;
  // Logged in a moment ago and anonymous now: the login ended between the two, or another Harbor answered.
  if (claims?.sub !== login.username) return { verdict: "unreachable", serverMs };
  const granted = (claims.access ?? []).some(
    ({ type, name, actions }) => type === "repository" && name === scope.repository && actions?.includes(scope.action),
  );
  return { verdict: granted ? "accepted" : "no-right", serverMs };
}

/** Every endpoint on its own and at the same time; what fails on the way is `unreachable` there. */
export async function probeEndpoints(
  wire: Wire,
  endpoints: readonly string[],
  login: Login,
  scope: ProbeScope,
): Promise<ProbeResult> {
  const seen = await Promise.all(
    endpoints.map((endpoint) =>
      probeEndpoint(wire, endpoint, login, scope).catch((): Seen => ({ verdict: "unreachable", serverMs: null })),
    ),
  );
  const times = seen.map(({ serverMs }) => serverMs).filter((ms) => ms !== null);
  return {
    endpoints: endpoints.map((endpoint, index) => ({ endpoint, verdict: seen[index]?.verdict ?? "unreachable" })),
    serverMs: times.length === 0 ? null : Math.max(...times),
  };
}
