import type { PartReply, PartRequest } from "../listener.ts";

interface StoredObject {
  readonly generation: string;
  readonly body: Buffer;
}

/** An error as the JSON API dresses it (status and error codes). */
function refuse(code: number, reason: string, message: string): PartReply {
  return { status: code, body: { error: { code, message, errors: [{ message, domain: "global", reason }] } } };
}

/** `objects.get` (media), `objects.insert` (media) and `objects.list` of Cloud Storage's JSON API; strongly consistent. */
export class StorageObjects {
  readonly #buckets: ReadonlyMap<string, Map<string, StoredObject>>;
  #generations = 1_760_000_000_000_000;

  constructor(buckets: readonly string[]) {
    this.#buckets = new Map(buckets.map((bucket) => [bucket, new Map()]));
  }

  static serves({ path }: { readonly path: string }): boolean {
    return path.startsWith("/storage/v1/b/") || path.startsWith("/upload/storage/v1/b/");
  }

  handle(request: PartRequest): PartReply {
    const target = request.target.split("?")[0] ?? "";
    const [, upload, bucket = "", name] = /^(\/upload)?\/storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(target) ?? [];
    const objects = this.#buckets.get(decodeURIComponent(bucket));
    if (objects === undefined) return refuse(404, "notFound", "The specified bucket does not exist.");
    if (upload !== undefined && request.method === "POST") return this.#insert(request, bucket, objects);
    if (request.method !== "GET") return refuse(405, "methodNotAllowed", "not offered here");
    if (name === undefined) {
      const items = [...objects].map(([key, { generation }]) => ({ kind: "storage#object", name: key, generation }));
      return { status: 200, body: { kind: "storage#objects", ...(items.length === 0 ? {} : { items }) } };
    }
    const stored = objects.get(decodeURIComponent(name));
    if (stored === undefined) return refuse(404, "notFound", `No such object: ${bucket}/${decodeURIComponent(name)}`);
    const headers = { "x-goog-generation": stored.generation, "content-type": "application/json" };
    return { status: 200, headers, body: stored.body };
  }

  /** `ifGenerationMatch` 0: only if there is none (JSON API, request preconditions). */
  #insert(request: PartRequest, bucket: string, objects: Map<string, StoredObject>): PartReply {
    const name = request.query.get("name") ?? "";
    if (request.query.get("uploadType") !== "media" || name === "") return refuse(400, "required", "Required");
    const wanted = request.query.get("ifGenerationMatch");
    if (wanted !== null && wanted !== (objects.get(name)?.generation ?? "0")) {
      return refuse(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
    }
    this.#generations += 1;
    const generation = String(this.#generations);
    objects.set(name, { generation, body: request.body });
    return { status: 200, body: { kind: "storage#object", bucket, name, generation } };
  }
}
