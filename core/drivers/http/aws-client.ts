import type { Dispatcher } from "undici";
import { PortError } from "../../ports/errors.ts";
import type { Secret } from "../../secret.ts";
import { checkEndpoint, createDispatcher, isLoopback, readAuthority } from "./dispatcher.ts";
import { sendHttp } from "./request.ts";

const requestTimeoutMsDefault = 15_000;
const replyBytesMax = 1024 * 1024;

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
  /** Milliseconds since the epoch; absent: they have no end that is known. */
  readonly endsMs?: number;
}

/** Asked before use; gives the same keys as long as they live. */
export type AwsKeySource = () => Promise<AwsKeys>;

/** How to reach one AWS service; the same for every driver that talks to AWS. */
export interface AwsAccess {
  readonly region: string;
  /** Private endpoint; absent: the SDK's own for the region (or `AWS_ENDPOINT_URL…`). */
  readonly endpoint?: string;
  /** PEM file with the authorities to trust instead of the system's. */
  readonly caFile?: string;
  /** Absent: the SDK's provider chain (environment, profile, web identity, instance or task role). */
  readonly credentials?: AwsKeys | AwsKeySource;
  /** Of one request, connecting and body included; 15 s where absent. */
  readonly requestTimeoutMs?: number;
  /** Waits for the turn of an operation; absent: every one is sent at once. */
  readonly pace?: (operation: string) => Promise<void>;
}

/** What the SDK's handler contract hands over, as far as it is used. */
interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

function urlOf(request: SdkRequest): URL {
  const url = new URL(`${request.protocol}//${request.hostname}${request.path}`);
  if (request.port !== undefined) url.port = String(request.port);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value ?? ""]) url.searchParams.append(name, one);
  }
  return url;
}

/** A JSON object that names no error (`__type`: JSON protocol of both services). */
function isGoodDocument(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) && !("__type" in parsed);
  } catch {
    return false;
  }
}

/** The SDK's bytes warn on the console when they are asked for their `valueOf`, as `Buffer.from(bytes)` does. */
function textOf(body: string | Uint8Array): string {
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}

/**
 * A request handler for the AWS SDK over our own HTTP: the SDK's neither looks at `HTTPS_PROXY` nor
 * takes a private authority. Plain http to anywhere but loopback is refused, also where the endpoint
 * came from the environment. Throws `PortError` (`unreachable`, `invalid`) by itself.
 */
function createHandler(access: AwsAccess, system: string): Record<string, unknown> {
  const caPem = access.caFile === undefined ? undefined : readAuthority(access.caFile);
  const timeoutMs = access.requestTimeoutMs ?? requestTimeoutMsDefault;
  // The chain of credential providers sends its own requests (STS) through the same handler: one dispatcher per origin.
  const dispatchers = new Map<string, Dispatcher>();

  function dispatcherFor(origin: string): Dispatcher {
    const known = dispatchers.get(origin);
    if (known !== undefined) return known;
    const made = createDispatcher({ endpoint: origin, caPem });
    dispatchers.set(origin, made);
    return made;
  }

  function checkOrigin(origin: string, operation: string): void {
    if (origin.startsWith("https:") || isLoopback(origin)) return;
    const message = `${system}: ${operation}: ${origin}: only https is allowed`;
    throw new PortError("invalid", message, { system, operation });
  }

  async function handle(request: SdkRequest): Promise<{ response: object }> {
    const url = urlOf(request);
    const operation = request.headers["x-amz-target"]?.split(".").at(-1) ?? "credentials";
    checkOrigin(url.origin, operation);
    if (access.pace !== undefined && request.headers["x-amz-target"] !== undefined) await access.pace(operation);
    const reply = await sendHttp(dispatcherFor(url.origin), {
      method: request.method === "GET" ? "GET" : "POST",
      url: url.href,
      headers: request.headers,
      ...(request.body === undefined || request.method === "GET" ? {} : { body: textOf(request.body) }),
      timeoutMs,
      bodyBytesMax: replyBytesMax,
      system,
      operation,
    });
    // The SDK reads nothing out of an empty answer, or a refusal with a good status: an absent ledger, a done write.
    const good = reply.status === 200 && isGoodDocument(reply.text);
    if (request.headers["x-amz-target"] !== undefined && reply.status < 400 && !good) {
      const message = `${system}: ${operation}: a good status, and no document of a success`;
      throw new PortError("invalid", message, { system, operation, reason: "bad-reply", status: reply.status });
    }
    return { response: { statusCode: reply.status, headers: reply.headers, body: Buffer.from(reply.text, "utf8") } };
  }

  return {
    handle,
    metadata: { handlerProtocol: "http/1.1" },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
}

/**
 * The part of a client's configuration that all AWS drivers share. One attempt per call: the engine
 * decides what is tried again and when, and a repeat inside the SDK would hide throttling from it.
 * Throws for an endpoint that is no URL or plain http beyond loopback, and for an unreadable `caFile`.
 */
export function awsClientConfig(access: AwsAccess, system: string) {
  if (access.endpoint !== undefined) checkEndpoint(access.endpoint);
  const { credentials } = access;
  return {
    region: access.region,
    maxAttempts: 1,
    requestHandler: createHandler(access, system),
    ...(access.endpoint === undefined ? {} : { endpoint: access.endpoint }),
    ...(credentials === undefined ? {} : { credentials: async () => sdkKeys(await keysFrom(credentials)) }),
  };
}

async function keysFrom(credentials: AwsKeys | AwsKeySource): Promise<AwsKeys> {
  return typeof credentials === "function" ? credentials() : credentials;
}

/** Keys as the SDK and its signers take them. */
export function sdkKeys({ accessKeyId, secretAccessKey, sessionToken, endsMs }: AwsKeys) {
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
    ...(endsMs === undefined ? {} : { expiration: new Date(endsMs) }),
  };
}
