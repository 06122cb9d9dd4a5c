import { setTimeout as delay } from "node:timers/promises";
import type { PartReply, PartRequest } from "../listener.ts";
import type { KubeObject, ResourceInfo } from "./objects.ts";
import { fieldSelector, labelSelector, type Selector } from "./selectors.ts";
import { StatusFailure } from "./status.ts";
import type { Change, ObjectStore } from "./store.ts";

interface Event {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: object;
}

const timeoutDefaultSeconds = 1800;
/** Roughly so often, and this long before the watch's end (apiserver, cacher `nextBookmarkTime`). */
const bookmarkEveryMs = 60_000;
const bookmarkBeforeEndMs = 2_000;

/**
 * A watch (transcripts list-watch, expired): what is there when no version is given, else what changed
 * after it; then what changes, until its time is over. A version too old is a 200 with an ERROR in it. Who allows
 * bookmarks gets one a minute and one before the end.
 */
export function watchObjects(
  store: ObjectStore,
  info: ResourceInfo,
  namespace: string | null,
  request: PartRequest,
): PartReply {
  const { query } = request;
  const labels = labelSelector(query.get("labelSelector") ?? "");
  const fields = fieldSelector(query.get("fieldSelector") ?? "");
  const initial = query.get("sendInitialEvents") === "true";
  if (initial && query.get("resourceVersionMatch") !== "NotOlderThan") throw missingMatch();
  const wanted: Selector = (object) =>
    (namespace === null || object.metadata.namespace === namespace) && labels(object) && fields(object);

  const version = Number(query.get("resourceVersion") || "0");
  const afresh = initial || version === 0;
  const changes = afresh ? [] : store.changesAfter(version);
  const first: Event[] =
    changes === null
      ? [tooOld(version, store.version)]
      : afresh
        ? store
            .list(info.resource)
            .filter(wanted)
            .map((object) => ({ type: "ADDED", object }))
        : changes.flatMap((change) => eventOf(change, info, wanted));
  if (initial && query.get("allowWatchBookmarks") === "true") first.push(endOfInitial(info, store.version));
  const seconds = Number(query.get("timeoutSeconds") || timeoutDefaultSeconds);
  const marks = query.get("allowWatchBookmarks") === "true" ? bookmarkTimes(seconds * 1000) : [];
  const follower: Follower = {
    timeoutMs: seconds * 1000,
    read: (change) => eventOf(change, info, wanted),
    bookmarks: marks.map((afterMs) => ({ afterMs, event: () => bookmark(info, store.version) })),
  };
  const stream = changes === null ? lines(first) : follow(store, first, follower);
  return { status: 200, headers: { "content-type": "application/json" }, stream };
}

/** An object that comes to match is added, one that no longer does is deleted. */
function eventOf(change: Change, info: ResourceInfo, wanted: Selector): Event[] {
  if (change.resource !== info.resource) return [];
  const before = change.before !== null && wanted(change.before) ? change.before : null;
  const after = change.after !== null && wanted(change.after) ? change.after : null;
  if (after !== null) return [{ type: before === null ? "ADDED" : "MODIFIED", object: after }];
  return before === null ? [] : [{ type: "DELETED", object: atVersion(change.after ?? before, change.version) }];
}

const atVersion = (object: KubeObject, version: number): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(version) },
});

async function* lines(events: readonly Event[]): AsyncGenerator<string> {
  for (const event of events) yield `${JSON.stringify(event)}\n`;
}

interface Follower {
  readonly timeoutMs: number;
  readonly read: (change: Change) => Event[];
  readonly bookmarks: readonly { readonly afterMs: number; readonly event: () => Event }[];
}

async function* follow(
  store: ObjectStore,
  first: readonly Event[],
  { timeoutMs, read, bookmarks }: Follower,
): AsyncGenerator<string> {
  let queue: Event[] = [];
  let wake = () => {};
  let dropped = false;
  const over = new AbortController();
  const after = (ms: number) => delay(ms, "over" as const, { signal: over.signal, ref: false });
  const end = after(timeoutMs).catch(() => "over" as const);
  const push = (...events: readonly Event[]) => {
    queue.push(...events);
    wake();
  };
  for (const { afterMs, event } of bookmarks) {
    after(afterMs).then(
      () => push(event()),
      () => undefined,
    );
  }
  const stop = store.watch(
    (change) => push(...read(change)),
    () => {
      dropped = true;
      wake();
    },
  );
  try {
    yield* lines(first);
    for (;;) {
      const more = new Promise<"more">((resolve) => {
        wake = () => resolve("more");
      });
      if (queue.length === 0 && !dropped && (await Promise.race([more, end])) === "over") return;
      if (dropped) throw new Error("the connection breaks");
      const events = queue;
      queue = [];
      yield* lines(events);
    }
  } finally {
    stop();
    over.abort();
  }
}

function bookmarkTimes(timeoutMs: number): readonly number[] {
  const lastMs = timeoutMs - bookmarkBeforeEndMs;
  const minutes = Array.from({ length: Math.max(0, Math.floor(lastMs / bookmarkEveryMs)) }, (_, n) => n + 1);
  return lastMs <= 0 ? [] : [...minutes.map((minute) => minute * bookmarkEveryMs), lastMs];
}

function bookmark({ kind, apiVersion }: ResourceInfo, version: number): Event {
  return { type: "BOOKMARK", object: { kind, apiVersion, metadata: { resourceVersion: String(version) } } };
}

function tooOld(version: number, oldest: number): Event {
  const message = `too old resource version: ${version} (${oldest})`;
  return { type: "ERROR", object: new StatusFailure(410, "Expired", message).body };
}

function endOfInitial({ kind, apiVersion }: ResourceInfo, version: number): Event {
  const annotations = { "k8s.io/initial-events-end": "true" };
  return {
    type: "BOOKMARK",
    object: { kind, apiVersion, metadata: { resourceVersion: String(version), annotations } },
  };
}

function missingMatch(): StatusFailure {
  const field = "resourceVersionMatch";
  const message = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
  return new StatusFailure(422, "Invalid", `ListOptions.meta.k8s.io "" is invalid: ${field}: ${message}`, {
    group: "meta.k8s.io",
    kind: "ListOptions",
    causes: [{ reason: "FieldValueForbidden", message, field }],
  });
}
