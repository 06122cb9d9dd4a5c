import type { ManagedIdentityCredentialClientIdOptions } from "@azure/identity";
import type { Dispatcher } from "undici";
import { PortError } from "../../ports/errors.ts";
import { type HttpReply, type HttpRequest, sendHttp } from "./request.ts";

type PipelineHttpClient = NonNullable<ManagedIdentityCredentialClientIdOptions["httpClient"]>;
type PipelineResponse = Awaited<ReturnType<PipelineHttpClient["sendRequest"]>>;

/** How the Azure SDKs of one outside system reach it. */
export interface AzureWire {
  readonly system: string;
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
  /** The only origin that is spoken to: redirects and `nextLink`s go nowhere else. Absent: any. */
  readonly origin?: string;
}

interface AzureMessage {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Header names in any case, as the SDKs' pipelines ask for them. */
class ReplyHeaders extends Map<string, string> {
  override get(name: string): string | undefined {
    return super.get(name.toLowerCase());
  }

  override has(name: string): boolean {
    return super.has(name.toLowerCase());
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries(this);
  }
}

function textOf(body: unknown, system: string): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString("utf8");
  throw new PortError("invalid", `${system}: a streamed body is not supported`, { system, operation: "request" });
}

/** One message of an SDK over our own connections; throws only `PortError`. */
export async function sendAzure(wire: AzureWire, message: AzureMessage): Promise<HttpReply> {
  const { system } = wire;
  if (wire.origin !== undefined && new URL(message.url).origin !== wire.origin) {
    const why = "sent on to another origin";
    throw new PortError("invalid", `${system}: ${why}`, { system, operation: "request", reason: "bad-reply" });
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    // No encodings: undici's `request` does not unpack them. The length it counts itself.
    if (!/^(?:accept-encoding|content-length)$/i.test(name)) headers[name] = value;
  }
  const body = textOf(message.body, system);
  return sendHttp(wire.dispatcher, {
    method: message.method as HttpRequest["method"],
    url: message.url,
    headers,
    ...(body === undefined ? {} : { body }),
    timeoutMs: wire.timeoutMs,
    bodyBytesMax: wire.bodyBytesMax,
    system,
    operation: "request",
  });
}

/**
 * The transport that the Azure SDKs are given instead of their own, so that limits, private
 * authorities and proxies are those of every other driver. Theirs ignores the CA as soon as
 * HTTPS_PROXY is set, sends loopback to the proxy unless NO_PROXY names it, and reads bodies of any
 * size (@typespec/ts-http-runtime proxyPolicy.js, nodeHttpClient.js).
 */
export function createAzureHttpClient(wire: AzureWire): PipelineHttpClient {
  return {
    async sendRequest(request): Promise<PipelineResponse> {
      const { method, url, body } = request;
      const reply = await sendAzure(wire, { method, url, headers: request.headers.toJSON(), body });
      return {
        request,
        status: reply.status,
        headers: new ReplyHeaders(Object.entries(reply.headers)),
        bodyAsText: reply.text,
      };
    },
  };
}
