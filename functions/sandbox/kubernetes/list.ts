import type { PartReply, PartRequest } from "../listener.ts";
import { isObject, type KubeObject, type ResourceInfo } from "./objects.ts";
import { fieldSelector, labelSelector } from "./selectors.ts";
import { badRequest, StatusFailure } from "./status.ts";
import type { ObjectStore } from "./store.ts";
import { tableOf } from "./table.ts";

interface Position {
  /** -1: whatever is there now. */
  readonly version: number;
  /** The page begins at the first key after this one. */
  readonly after: string;
}

const expiredText =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** `namespace` null: all of them (or a resource that has none). */
export function listObjects(
  store: ObjectStore,
  info: ResourceInfo,
  namespace: string | null,
  request: PartRequest,
): PartReply {
  const { metadata, items } = selectObjects(store, info, namespace, request);
  return render(info, request, metadata, items);
}

/** What is on the page that was asked for. */
export function selectObjects(
  store: ObjectStore,
  info: ResourceInfo,
  namespace: string | null,
  request: PartRequest,
): { readonly metadata: object; readonly items: readonly KubeObject[] } {
  const { query } = request;
  const labels = labelSelector(query.get("labelSelector") ?? "");
  const fields = fieldSelector(query.get("fieldSelector") ?? "");
  const limit = query.get("resourceVersion") === "0" ? 0 : readLimit(query.get("limit"));
  const position = readPosition(query.get("continue"));

  const version = position === null || position.version < 0 ? store.version : position.version;
  const source = position === null || position.version < 0 ? null : store.snapshot(info.resource, version);
  if (position !== null && position.version >= 0 && source === null) throw expired(position);
  const everything = source ?? store.list(info.resource, request.stale);

  const keyOf = ({ metadata }: KubeObject) =>
    namespace === null && metadata.namespace !== undefined ? `${metadata.namespace}/${metadata.name}` : metadata.name;
  const inRange = everything.filter(
    (object) =>
      (namespace === null || object.metadata.namespace === namespace) &&
      (position === null || keyOf(object) > position.after),
  );

  const items: KubeObject[] = [];
  let seen = 0;
  for (const object of inRange) {
    if (limit > 0 && items.length === limit) break;
    seen += 1;
    if (labels(object) && fields(object)) items.push(object);
  }
  const left = inRange.length - seen;
  const last = inRange[seen - 1];
  if (left > 0) store.keepSnapshot(info.resource, version, everything);
  const unfiltered = !query.get("labelSelector") && !query.get("fieldSelector");
  const metadata = {
    resourceVersion: String(version),
    ...(left > 0 && last ? { continue: writeToken({ version, after: keyOf(last) }, "/") } : {}),
    ...(left > 0 && unfiltered ? { remainingItemCount: left } : {}),
  };
  return { metadata, items };
}

/** Objects never change in place, so each is made into text once. */
const texts = new WeakMap<KubeObject, string>();

/** Items carry neither kind nor apiVersion (transcripts README, 14). */
function textOf(object: KubeObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const { kind: _kind, apiVersion: _version, ...bare } = object;
  const text = JSON.stringify(bare);
  texts.set(object, text);
  return text;
}

function render(info: ResourceInfo, request: PartRequest, metadata: object, items: readonly KubeObject[]): PartReply {
  if (request.headers.accept?.includes("as=PartialObjectMetadataList") === true) {
    const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" };
    const body = {
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata,
      // As the real one writes an empty list of metadata.
      items: items.length === 0 ? null : items.map((item) => ({ ...partial, metadata: item.metadata })),
    };
    return { status: 200, body };
  }
  if (request.headers.accept?.includes("as=Table") === true) {
    return { status: 200, body: tableOf(info, metadata, items, request.nowMs) };
  }
  const head = JSON.stringify({ kind: `${info.kind}List`, apiVersion: info.apiVersion, metadata });
  const body = `${head.slice(0, -1)},"items":[${items.map(textOf).join(",")}]}`;
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

function readLimit(text: string | null): number {
  if (text === null || text === "") return 0;
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Math.max(0, Number(text));
}

function writeToken({ version, after }: Position, lead: string): string {
  const token = { v: "meta.k8s.io/v1", rv: version, start: `${lead}${after}\u0000` };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

function readPosition(token: string | null): Position | null {
  if (token === null || token === "") return null;
  const text = Buffer.from(token, "base64url").toString("latin1");
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value) && typeof value["rv"] === "number" && typeof value["start"] === "string") {
      return { version: value["rv"], after: value["start"].replace(/^\//, "").replace(/\0$/, "") };
    }
  } catch {
    const why = `invalid character '${text.slice(0, 1)}' looking for beginning of value`;
    throw badRequest(`invalid continue token: continue key is not valid: ${why}`);
  }
  throw badRequest("invalid continue token: continue key is not valid: unrecognized encoded version");
}

/** 410 with a token to go on, inconsistently (transcripts expired). */
function expired(position: Position): StatusFailure {
  const metadata = { continue: writeToken({ version: -1, after: position.after }, "") };
  return new StatusFailure(410, "Expired", expiredText, undefined, metadata);
}
