import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";

export interface Exchange {
  readonly method: "GET" | "HEAD" | "POST";
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Wait for the reply's headers; between two pieces of its body the wait starts anew. */
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
}

export interface ExchangeReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * One exchange straight over `dispatch`: hundreds of pulls a second share a process with the servers
 * they load, so no stream is made per reply. Rejects with undici's error, or when the body is too long.
 */
export function exchange(dispatcher: Dispatcher, wanted: Exchange): Promise<ExchangeReply> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    let bytes = 0;
    dispatcher.dispatch(
      {
        method: wanted.method,
        path: wanted.path,
        headers: wanted.headers,
        body: wanted.body ?? null,
        // undici gives a connection up after each HEAD; Go's client, which containerd is made with, keeps it.
        reset: false,
        headersTimeout: wanted.timeoutMs,
        bodyTimeout: wanted.timeoutMs,
      },
      {
        onRequestStart() {},
        onResponseStart(_, statusCode, received) {
          status = statusCode;
          headers = received;
        },
        onResponseData(controller, chunk) {
          bytes += chunk.length;
          if (bytes > wanted.bodyBytesMax) controller.abort(new Error(`reply over ${wanted.bodyBytesMax} bytes`));
          else chunks.push(chunk);
        },
        onResponseEnd() {
          resolve({ status, headers, body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks) });
        },
        onResponseError(_, error) {
          reject(error);
        },
      },
    );
  });
}

export function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}
