import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FaultBoard, PartName } from "./faults.ts";

const bodyBytesMax = 4 * 1024 * 1024;

export interface PartRequest {
  readonly method: string;
  /** Decoded path without query. */
  readonly path: string;
  /** As sent, query included. */
  readonly target: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** A fault asks for an answer from the past. */
  readonly stale: boolean;
  /** With `stale`: from this moment, milliseconds since the epoch; null: from before the last write. */
  readonly asOfMs: number | null;
  /** When the request arrived, by the sandbox's clock. */
  readonly nowMs: number;
}

export interface PartReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Objects are sent as JSON (content-type added unless given); absent: no body. */
  readonly body?: string | Buffer | object;
  /** Instead of a body: sent piece by piece, left when the caller hangs up. */
  readonly stream?: AsyncIterable<string>;
}

export interface PartOptions {
  readonly part: PartName;
  /** Name of this listener among those of its part. */
  readonly instance: string;
  readonly faults: FaultBoard;
  readonly nowMs: () => number;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly port?: number;
  /** Names the kind of a request for counters and faults; low cardinality. */
  readonly classify: (request: PartRequest) => string;
  readonly handle: (request: PartRequest) => PartReply | Promise<PartReply>;
}

export interface Listener {
  /** `http(s)://127.0.0.1:<port>`, no slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Requests by kind since the start. */
  readonly counts: ReadonlyMap<string, number>;
  /** Connections that were opened since the start. */
  connections(): number;
  close(): Promise<void>;
}

const nothing = Buffer.alloc(0);

function readBody(message: IncomingMessage): Promise<Buffer> | Buffer {
  const { headers } = message;
  // Most requests bring none, and a stream read to its end costs more than some answers (RFC 9112, 6.3).
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) return nothing;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    message.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bodyBytesMax) reject(new Error(`request body over ${bodyBytesMax} bytes`));
      else chunks.push(chunk);
    });
    message.on("end", () => resolve(Buffer.concat(chunks)));
    message.on("error", reject);
  });
}

function send(response: ServerResponse, reply: PartReply, nowMs: number, head: boolean): void {
  const headers: Record<string, string | readonly string[]> = { date: new Date(nowMs).toUTCString(), ...reply.headers };
  if (reply.stream !== undefined) {
    response.writeHead(reply.status, headers as Record<string, string>);
    response.flushHeaders();
    // A caller that hangs up ends the stream; that is no failure.
    pipeline(Readable.from(reply.stream), response).catch(() => {});
    return;
  }
  let body: string | Buffer = "";
  if (typeof reply.body === "string" || Buffer.isBuffer(reply.body)) body = reply.body;
  else if (reply.body !== undefined) {
    body = JSON.stringify(reply.body);
    headers["content-type"] ??= "application/json";
  }
  headers["content-length"] ??= String(Buffer.byteLength(body));
  response.writeHead(reply.status, headers as Record<string, string>);
  response.end(head ? undefined : body);
}

/** Starts one loopback listener of the sandbox: body limit, counters, faults, the `Date` header from the sandbox's clock. */
export async function listen(options: PartOptions): Promise<Listener> {
  const counts = new Map<string, number>();

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(message);
    const target = message.url ?? "/";
    const question = target.indexOf("?");
    const rawPath = question < 0 ? target : target.slice(0, question);
    const visible = { method: message.method ?? "GET", path: safeDecode(rawPath), body };
    const base: PartRequest = {
      ...visible,
      target,
      query: new URLSearchParams(question < 0 ? "" : target.slice(question + 1)),
      headers: message.headers,
      stale: false,
      asOfMs: null,
      nowMs: options.nowMs(),
    };
    const kind = options.classify(base);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const rule = options.faults.hit(options.part, options.instance, kind, visible);
    const head = visible.method === "HEAD";
    if (rule === undefined) return send(response, await options.handle(base), options.nowMs(), head);

    const { action } = rule;
    if (action.type === "cut-after") {
      await options.handle(base);
      await rule.onHit?.();
      message.socket.destroy();
      return;
    }
    await rule.onHit?.();
    if (action.type === "cut-before") {
      message.socket.destroy();
    } else if (action.type === "reply") {
      send(
        response,
        { status: action.status, headers: action.headers ?? {}, body: action.body ?? "" },
        options.nowMs(),
        head,
      );
    } else if (action.type === "mangle") {
      const { bytes, afterwards } = action.mangle(await options.handle(base));
      if (afterwards === "close") message.socket.end(bytes);
      else message.socket.write(bytes);
    } else if (action.type === "stale") {
      const past: PartRequest = { ...base, stale: true, asOfMs: action.asOfMs ?? null };
      send(response, await options.handle(past), options.nowMs(), head);
    } else {
      const reply = await options.handle(base);
      setTimeout(() => send(response, reply, options.nowMs(), head), action.delayMs).unref();
    }
  }

  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    answer(message, response).catch((error: unknown) => {
      // A defect of the sandbox itself: seen at once, never dressed up as an answer of the real server.
      process.stderr.write(
        `sandbox ${options.part}/${options.instance}: ${error instanceof Error ? error.stack : String(error)}\n`,
      );
      message.socket.destroy();
    });
  };
  const server = options.tls ? createHttpsServer(options.tls, listener) : createHttpServer(listener);
  server.keepAliveTimeout = 30_000;
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    counts,
    connections: () => connections,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function safeDecode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
