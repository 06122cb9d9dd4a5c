import type { AccessToken, TokenCredential } from "@azure/identity";
import type { Secret } from "../../secret.ts";
import { createAzureHttpClient } from "../http/azure-http-client.ts";
import { createDispatcher } from "../http/dispatcher.ts";
import { nobody, presentedBy } from "../http/presented.ts";
import { entraError, system } from "./failures.ts";

const authorityHostDefault = "https://login.microsoftonline.com";
const bodyBytesMax = 64 * 1024;

export interface ClientAssertionOptions {
  readonly tenantId: string;
  /** Of the app registration or user-assigned identity that has the federated credential. */
  readonly clientId: string;
  /** A sovereign cloud's, or a private one; absent: the public cloud's. */
  readonly authorityHost?: string | undefined;
  readonly caFile?: string | undefined;
  /** A token of the other cloud, asked for at each exchange. */
  readonly assertion: () => Promise<Secret>;
  /** Of one request. */
  readonly requestTimeoutMs: number;
}

/** Answers of the authority in turn; null: none came. */
interface Seen {
  lastStatus: number | null;
}

/**
 * A credential for the Azure SDKs by a federated identity credential: the other cloud's token is the client
 * assertion. @azure/identity is loaded at the first call; it keeps tokens per audience until shortly before
 * their end. `getToken` throws `TrustRefused` and `PortError`.
 */
export function createClientAssertion(options: ClientAssertionOptions): TokenCredential {
  const seen: Seen = { lastStatus: null };
  let shown: Secret | null = null;
  let loading: Promise<TokenCredential> | undefined;
  let underWay = 0;
  let offered: Promise<Secret> | null = null;
  // MSAL asks twice for one exchange.
  const assertion = async (): Promise<string> => {
    offered ??= options.assertion();
    shown = await offered;
    return shown.reveal();
  };
  return {
    async getToken(scopes, more): Promise<AccessToken | null> {
      underWay += 1;
      try {
        loading ??= load(options, seen, assertion);
        return await (await loading).getToken(scopes, more);
      } catch (error) {
        throw entraError(error, seen.lastStatus, shown === null ? nobody : presentedBy(shown));
      } finally {
        underWay -= 1;
        if (underWay === 0) offered = null;
      }
    },
  };
}

async function load(
  options: ClientAssertionOptions,
  seen: Seen,
  assertion: () => Promise<string>,
): Promise<TokenCredential> {
  const { tenantId, clientId, authorityHost, caFile, requestTimeoutMs } = options;
  const { ClientAssertionCredential } = await import("@azure/identity");
  const dispatcher = createDispatcher({ endpoint: authorityHost ?? authorityHostDefault, caFile });
  const client = createAzureHttpClient({ system, dispatcher, timeoutMs: requestTimeoutMs, bodyBytesMax });
  return new ClientAssertionCredential(tenantId, clientId, assertion, {
    // The public cloud is not asked about a host of somebody's own.
    ...(authorityHost === undefined ? {} : { authorityHost, disableInstanceDiscovery: true }),
    retryOptions: { maxRetries: 0 },
    httpClient: {
      async sendRequest(request) {
        seen.lastStatus = null;
        const response = await client.sendRequest(request);
        seen.lastStatus = response.status;
        return response;
      },
    },
  });
}
