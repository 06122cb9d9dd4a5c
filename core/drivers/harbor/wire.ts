import type { Dispatcher } from "undici";
import { PortError } from "../../ports/errors.ts";
import type { Login } from "../../ports/registry.ts";
import { createDispatcher } from "../http/dispatcher.ts";
import { type HttpReply, type HttpRequest, sendHttp } from "../http/request.ts";
import { defaults, type HarborOptions } from "./options.ts";

const originsMax = 32;

/** `Authorization: Basic …` of a login, in UTF-8 as Harbor reads it. */
export function basicAuthorization(login: Login): string {
  return `Basic ${Buffer.from(`${login.username}:${login.password.reveal()}`, "utf8").toString("base64")}`;
}

type WireRequest = Pick<HttpRequest, "method" | "url" | "operation"> & {
  readonly authorization?: string;
  readonly body?: string;
  /** Default JSON. */
  readonly accept?: string;
};

/** Sends requests to one Harbor and the other origins that it names. Cookies are never kept (harbor.md §6). */
export type Wire = (request: WireRequest) => Promise<HttpReply>;

export function createWire(options: HarborOptions): Wire {
  const dispatchers = new Map<string, Dispatcher>();

  function dispatcherFor(url: string): Dispatcher {
    const { origin } = new URL(url);
    const known = dispatchers.get(origin);
    if (known !== undefined) return known;
    if (dispatchers.size >= originsMax) {
      const message = `harbor: more than ${originsMax} origins at one Harbor`;
      throw new PortError("invalid", message, { system: "harbor", operation: "connect", reason: "bad-reply" });
    }
    const made = createDispatcher({ endpoint: origin, caFile: options.caFile });
    dispatchers.set(origin, made);
    return made;
  }

  return (request) =>
    sendHttp(dispatcherFor(request.url), {
      method: request.method,
      url: request.url,
      headers: {
        accept: request.accept ?? "application/json",
        "user-agent": "capstan",
        ...(request.authorization === undefined ? {} : { authorization: request.authorization }),
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      timeoutMs: options.requestTimeoutMs ?? defaults.requestTimeoutMs,
      bodyBytesMax: options.bodyBytesMax ?? defaults.bodyBytesMax,
      system: "harbor",
      operation: request.operation,
    });
}
