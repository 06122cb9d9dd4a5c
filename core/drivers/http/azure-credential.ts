import type { AccessToken, TokenCredential } from "@azure/identity";
import { Agent } from "undici";
import { PortError } from "../../ports/errors.ts";
import type { Secret } from "../../secret.ts";
import { createAzureHttpClient } from "./azure-http-client.ts";
import { isBearer } from "./bearer.ts";
import { kindOfStatus } from "./request.ts";

const system = "azure-identity";
const identityTimeoutMs = 20_000;
const identityConnectTimeoutMs = 5_000;
const identityBodyBytesMax = 64 * 1024;

/**
 * - `managed`: the identity of the function or machine; `clientId` for a user-assigned one.
 * - `token`: a bearer supplied from outside, asked for at every request. `resource` is the audience,
 *   such as `https://vault.azure.net` or `https://storage.azure.com`.
 * - `federated`: a credential by the identity of another cloud, made at the first call.
 */
export type AzureCredential =
  | { readonly kind: "managed"; readonly clientId?: string | undefined }
  | { readonly kind: "token"; readonly token: (resource: string) => Promise<Secret> | Secret }
  | { readonly kind: "federated"; readonly credential: () => Promise<TokenCredential> };

function failure(lastStatus: number | null): PortError {
  const where = { system, operation: "token", ...(lastStatus === null ? {} : { status: lastStatus }) };
  if (lastStatus === null) return new PortError("unreachable", `${system}: token: no answer`, where);
  const message = `${system}: token: status ${lastStatus}`;
  if (lastStatus < 300) return new PortError("invalid", message, { ...where, reason: "bad-reply" });
  const kind = kindOfStatus(lastStatus);
  if (kind === "throttled" || kind === "unreachable") return new PortError(kind, message, where);
  return new PortError("denied", message, { ...where, reason: "bad-credentials" });
}

/**
 * One transport for every managed identity of the process, because MSAL keeps the first one it was
 * given for good, endpoint and header too (@azure/msal-node 7.2 ManagedIdentityClient.identitySource).
 * `lastStatus` is what the endpoint answered last; null: nothing. The endpoint is link-local or
 * loopback and plain http by design: never through a proxy.
 */
function createIdentityTransport() {
  const client = createAzureHttpClient({
    system,
    dispatcher: new Agent({ connect: { timeout: identityConnectTimeoutMs }, connections: 2 }),
    timeoutMs: identityTimeoutMs,
    bodyBytesMax: identityBodyBytesMax,
  });
  const transport = {
    lastStatus: null as number | null,
    async sendRequest(request: Parameters<typeof client.sendRequest>[0]) {
      transport.lastStatus = null;
      const response = await client.sendRequest(request);
      transport.lastStatus = response.status;
      return response;
    },
  };
  return transport;
}

let identityTransport: ReturnType<typeof createIdentityTransport> | undefined;

async function loadManaged(clientId: string | undefined): Promise<TokenCredential> {
  const { ManagedIdentityCredential } = await import("@azure/identity");
  identityTransport ??= createIdentityTransport();
  const transport = identityTransport;
  const credential = new ManagedIdentityCredential({
    ...(clientId === undefined ? {} : { clientId }),
    retryOptions: { maxRetries: 0 },
    httpClient: transport,
  });
  return {
    async getToken(scopes, options): Promise<AccessToken | null> {
      try {
        const found = await credential.getToken(scopes, options);
        // MSAL gives what came, whatever its types say.
        if (isBearer(found?.token)) return found;
      } catch {
        // MSAL's messages carry what the endpoint said; only its status is kept.
      }
      throw failure(transport.lastStatus);
    },
  };
}

function resourceOf(scopes: string | string[]): string {
  const scope = typeof scopes === "string" ? scopes : (scopes[0] ?? "");
  return scope.replace(/\/\.default$/, "");
}

/**
 * A credential for the Azure SDKs. `getToken` throws `PortError`: `denied` (`bad-credentials`),
 * `throttled`, `unreachable`, `invalid` (`bad-reply`). @azure/identity is loaded when a managed
 * identity is first asked.
 */
export function createAzureCredential(config: AzureCredential): TokenCredential {
  if (config.kind === "token") {
    return {
      async getToken(scopes): Promise<AccessToken> {
        const token = await config.token(resourceOf(scopes));
        // Expired as far as the SDK's cache goes: the supplier is asked again at every request.
        return { token: token.reveal(), expiresOnTimestamp: 0 };
      },
    };
  }
  if (config.kind === "federated") {
    return { getToken: async (scopes, options) => (await config.credential()).getToken(scopes, options) };
  }
  let loading: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options): Promise<AccessToken | null> {
      loading ??= loadManaged(config.clientId);
      return (await loading).getToken(scopes, options);
    },
  };
}
