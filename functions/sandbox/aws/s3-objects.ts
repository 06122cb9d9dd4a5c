import { createHash } from "node:crypto";
import type { PartReply, PartRequest } from "../listener.ts";

/** A refusal in S3's words (API reference, error responses). */
export class S3Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }

  reply(requestId: string): PartReply {
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${this.code}</Code><Message>${this.code}</Message><RequestId>${requestId}</RequestId></Error>`;
    return { status: this.status, headers: { "content-type": "application/xml", "x-amz-request-id": requestId }, body };
  }
}

interface StoredObject {
  readonly etag: string;
  readonly body: Buffer;
  readonly modifiedMs: number;
}

/** `GET` and `PUT` of objects below `/<bucket>/<key>`; strongly consistent, so a `stale` fault changes nothing. */
export class S3Objects {
  readonly #buckets: ReadonlyMap<string, Map<string, StoredObject>>;

  constructor(buckets: readonly string[]) {
    this.#buckets = new Map(buckets.map((bucket) => [bucket, new Map()]));
  }

  /** Conditional writes: user guide, "How to prevent object overwrites with conditional writes". */
  handle(request: PartRequest): PartReply {
    const [, bucket = "", ...rest] = request.path.split("/");
    const objects = this.#buckets.get(bucket);
    if (objects === undefined) throw new S3Refusal(404, "NoSuchBucket");
    const key = rest.join("/");
    const stored = objects.get(key);
    if (request.method === "PUT") {
      const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
      if (ifNoneMatch === "*" && stored !== undefined) throw new S3Refusal(412, "PreconditionFailed");
      if (ifMatch !== undefined && stored === undefined) throw new S3Refusal(404, "NoSuchKey");
      if (ifMatch !== undefined && ifMatch !== stored?.etag) throw new S3Refusal(412, "PreconditionFailed");
      // Of an object that is not uploaded in parts the ETag is the content's MD5: the same content has the same one.
      const etag = `"${createHash("md5").update(request.body).digest("hex")}"`;
      objects.set(key, { etag, body: request.body, modifiedMs: request.nowMs });
      return { status: 200, headers: { etag } };
    }
    if (request.method !== "GET") throw new S3Refusal(405, "MethodNotAllowed");
    if (stored === undefined) throw new S3Refusal(404, "NoSuchKey");
    const { etag, body, modifiedMs } = stored;
    return { status: 200, headers: { etag, "last-modified": new Date(modifiedMs).toUTCString() }, body };
  }
}
