import type { EndpointVerdict, Login, ProbeResult, ProbeScope } from "../../ports/registry.ts";
import type { LoginGate } from "./login-gate.ts";
import { proveLogin } from "./login-proof.ts";
import { askToken, findTokenService } from "./token-service.ts";
import type { Wire } from "./wire.ts";

interface Seen {
  readonly verdict: EndpointVerdict;
  readonly serverMs: number | null;
}

export interface Probing {
  readonly wire: Wire;
  readonly gate: LoginGate;
}

async function probeEndpoint(
  { wire, gate }: Probing,
  endpoint: string,
  login: Login,
  scope: ProbeScope,
): Promise<Seen> {
  // The login first: with a scope, the token service gives wrong credentials an anonymous token and 200 (harbor.md §2.2).
  const proof = await proveLogin(wire, gate, endpoint, login);
  if (proof.verdict !== "accepted" || scope.repository === null) return proof;
  const service = await findTokenService(wire, endpoint);
  if (service.url === null) return { verdict: "unreachable", serverMs: service.serverMs ?? proof.serverMs };
  const { repository, action } = scope;
  const { reply, claims } = await askToken(wire, service.url, login, `repository:${repository}:${action}`);
  const serverMs = reply.serverMs ?? proof.serverMs;
  // Logged in a moment ago and anonymous now: the login ended between the two, or another Harbor answered.
  if (claims === null) return { verdict: "unreachable", serverMs };
  const granted = (claims.access ?? []).some(
    ({ type, name, actions }) => type === "repository" && name === repository && actions?.includes(action),
  );
  return { verdict: granted ? "accepted" : "no-right", serverMs };
}

/** Every endpoint on its own and at the same time; what fails on the way is `unreachable` there. */
export async function probeEndpoints(
  probing: Probing,
  endpoints: readonly string[],
  login: Login,
  scope: ProbeScope,
): Promise<ProbeResult> {
  const seen = await Promise.all(
    endpoints.map((endpoint) =>
      probeEndpoint(probing, endpoint, login, scope).catch((): Seen => ({ verdict: "unreachable", serverMs: null })),
    ),
  );
  const times = seen.map(({ serverMs }) => serverMs).filter((ms) => ms !== null);
  return {
    endpoints: endpoints.map((endpoint, index) => ({ endpoint, verdict: seen[index]?.verdict ?? "unreachable" })),
    serverMs: times.length === 0 ? null : Math.max(...times),
  };
}
