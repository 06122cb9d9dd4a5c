import { SecretClient } from "@azure/keyvault-secrets";
import { type AzureCredential, createAzureCredential } from "../http/azure-credential.ts";
import { createAzureHttpClient } from "../http/azure-http-client.ts";
import { createDispatcher, isLoopback } from "../http/dispatcher.ts";
import { jsonObject } from "../http/gcp-errors.ts";
import { readFailure, vaultError } from "./errors.ts";
import { system } from "./names.ts";

const requestTimeoutMsDefault = 20_000;
const bodyBytesMax = 1024 * 1024;

export interface VaultClientOptions {
  /** `https://<name>.vault.azure.net`; plain http for loopback addresses alone. */
  readonly vaultUrl: string;
  /** PEM file with the authorities to trust instead of the system's. */
  readonly caFile?: string | undefined;
  readonly credential: AzureCredential;
  readonly requestTimeoutMs?: number | undefined;
  /** Waits for the turn of a request; absent: every one is sent at once. */
  readonly pace?: ((method: string) => Promise<void>) | undefined;
  /** Wall time; only `Retry-After` dates are measured by it. */
  readonly nowMs: () => number;
}

/** One vault. A client's first call is sent twice (challenge), so one of these is kept, not made per call. */
export class VaultClient {
  readonly #client: SecretClient;
  readonly #nowMs: () => number;
  #opening: Promise<unknown> | null = Promise.resolve();

  constructor(options: VaultClientOptions) {
    const loopback = isLoopback(options.vaultUrl);
    const dispatcher = createDispatcher({ endpoint: options.vaultUrl, caFile: options.caFile });
    this.#nowMs = options.nowMs;
    const { pace = async () => {} } = options;
    const http = createAzureHttpClient({
      system,
      dispatcher,
      timeoutMs: options.requestTimeoutMs ?? requestTimeoutMsDefault,
      bodyBytesMax,
      origin: new URL(options.vaultUrl).origin,
    });
    this.#client = new SecretClient(options.vaultUrl, createAzureCredential(options.credential), {
      httpClient: {
        async sendRequest(request) {
          await pace(request.method);
          const reply = await http.sendRequest(request);
          // Of a refusal without Key Vault's own document the SDK makes a TypeError, and its status would be lost.
          const understood = reply.status < 400 || jsonObject(reply.bodyAsText ?? "") !== null;
          return understood ? reply : { ...reply, bodyAsText: "{}" };
        },
      },
      // The engine decides what is tried again and when; a retry here would hide a doubled write.
      retryOptions: { maxRetries: 0 },
      redirectOptions: { maxRetries: 0 },
      allowInsecureConnection: loopback,
      // The challenge names vault.azure.net, which a loopback address cannot match.
      disableChallengeResourceVerification: loopback,
    });
  }

  /** Runs one call of the SDK; what it throws becomes a `PortError` that names `operation` and `name`. */
  async run<Result>(operation: string, name: string, call: (client: SecretClient) => Promise<Result>): Promise<Result> {
    try {
      return await this.#inTurn(() => call(this.#client));
    } catch (error) {
      throw vaultError(error, operation, name, this.#nowMs());
    }
  }

  /**
   * Until a first call has been answered, calls go one after the other: the SDK takes the body off
   * the first one to provoke the challenge, and loses it when a second call is faster through it
   * (@azure/keyvault-common 2.x keyVaultAuthenticationPolicy.js, `originalBody`).
   */
  async #inTurn<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#opening === null) return call();
    const mine = this.#opening.then(() => call());
    this.#opening = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      if (await wasAnswered(mine)) this.#opening = null;
    }
  }
}

/** A refusal with a status is an answer too; a cut connection is none. */
function wasAnswered(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    (error: unknown) => readFailure(error).status !== undefined,
  );
}
