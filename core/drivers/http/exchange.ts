import type { Dispatcher } from "undici";

export interface Exchanged {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface ExchangeLimits {
  /** From now to the last byte, the wait for a connection included. */
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
}

/** A reply's body went on beyond the limit; it was not read further. */
export class OversizedReplyError extends Error {
  readonly status: number;

  constructor(status: number) {
    super("the reply is too large");
    this.name = "OversizedReplyError";
    this.status = status;
  }
}

/**
 * One request and its whole reply. It listens to the dispatcher itself: undici's `request` makes a stream, an async
 * iterator and an abort signal of each reply, which cost more than all the rest of a small one. Throws what the
 * connection throws, a `TimeoutError` (by name), or `OversizedReplyError`.
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  { timeoutMs, bodyBytesMax }: ExchangeLimits,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let [status, bytes] = [0, 0];
    let headers: Exchanged["headers"] = {};
    let controller: Dispatcher.DispatchController | null = null;
    let over: Error | null = null;
    const fail = (error: Error) => {
      over ??= error;
      clearTimeout(timer);
      reject(over);
    };
    /** What has not been begun yet is aborted as soon as it is. */
    const giveUp = (error: Error) => {
      fail(error);
      controller?.abort(error);
    };
    const timer = setTimeout(() => giveUp(timeoutError(timeoutMs)), timeoutMs);
    // A wait for an answer keeps no process alive that has no connection.
    timer.unref();
    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        if (over !== null) started.abort(over);
      },
      onResponseStart(_controller, statusCode, received) {
        // 1xx: the answer is still to come.
        if (statusCode >= 200) [status, headers] = [statusCode, received];
      },
      onResponseData(_controller, chunk) {
        bytes += chunk.length;
        if (over !== null) return;
        if (bytes > bodyBytesMax) giveUp(new OversizedReplyError(status));
        else chunks.push(chunk);
      },
      onResponseEnd() {
        clearTimeout(timer);
        const [only = Buffer.alloc(0)] = chunks;
        resolve({ status, headers, body: chunks.length > 1 ? Buffer.concat(chunks, bytes) : only });
      },
      onResponseError(_controller, error) {
        fail(error);
      },
    });
  });
}

function timeoutError(timeoutMs: number): Error {
  const error = new Error(`no whole reply within ${timeoutMs} ms`);
  error.name = "TimeoutError";
  return error;
}
