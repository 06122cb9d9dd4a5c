import { setTimeout as delay } from "node:timers/promises";
import type { PartReply, PartRequest } from "../listener.ts";

/** What a write takes on a server with a store behind it. */
const writeMs = 2;

const full: PartReply = {
  status: 429,
  headers: { "content-type": "text/plain; charset=utf-8", "retry-after": "1" },
  body: "Too many requests, please try again later.\n",
};

/**
 * At most so many writes at the same time, as `--max-mutating-requests-inflight` without priorities has it
 * (transcripts throttled): more are refused in plain text. Reads are not counted; nor is what `exempt` says,
 * as the real server lets `system:masters` through.
 */
export function limitWrites(
  writesMax: number,
  exempt: (request: PartRequest) => boolean,
): (request: PartRequest, answer: () => PartReply) => PartReply | Promise<PartReply> {
  let writes = 0;
  return async (request, answer) => {
    if (request.method === "GET" || request.method === "HEAD" || exempt(request)) return answer();
    if (writes >= writesMax) return full;
    writes += 1;
    try {
      await delay(writeMs);
      return answer();
    } finally {
      writes -= 1;
    }
  };
}
