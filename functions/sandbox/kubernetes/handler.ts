import { parse as parseYaml } from "yaml";
import type { PartReply, PartRequest } from "../listener.ts";
import { listObjects, selectObjects } from "./list.ts";
import { externalSecretsGroup, isObject, type Json, type JsonObject, type KubeObject } from "./objects.ts";
import { jsonPatch, mergePatch } from "./patch.ts";
import { type AllowRule, forbidden, isAllowed, type TokenHolder, type User } from "./rights.ts";
import { applyContentType, type Route } from "./routes.ts";
import { badRequest, methodNotAllowed, notFound, StatusFailure, unknownPath } from "./status.ts";
import type { ObjectStore } from "./store.ts";
import { requestToken } from "./token-request.ts";
import { watchObjects } from "./watch.ts";
import {
  applyObject,
  createObject,
  deleteObject,
  finalizeNamespace,
  managerOf,
  terminateNamespace,
  updateObject,
  type WriteTarget,
  type Written,
} from "./writes.ts";

export interface Caller {
  readonly user: User;
  /** Rules given from inside, beside the bindings that are stored. */
  readonly rules: readonly AllowRule[];
  readonly tokens: Map<string, TokenHolder>;
}

/** Objects never change in place, so each is made into text once. */
const texts = new WeakMap<KubeObject, Buffer>();
const json = { "content-type": "application/json" };

function sendObject(status: number, object: KubeObject): PartReply {
  let body = texts.get(object);
  if (body === undefined) {
    body = Buffer.from(JSON.stringify(object));
    texts.set(object, body);
  }
  return { status, headers: json, body };
}

const isWatch = ({ query }: PartRequest) => ["1", "true"].includes(query.get("watch") ?? "");

/** One call on one of the resources. Throws `StatusFailure`. */
export function handleResource(store: ObjectStore, route: Route, caller: Caller, request: PartRequest): PartReply {
  const { info, name } = route;
  const check = (verb: string) => {
    const resource = route.subresource === null ? info.resource : `${info.resource}/${route.subresource}`;
    const attempt = { verb, group: info.group, resource, namespace: route.namespace, name };
    if (!isAllowed(store, caller.user, caller.rules, attempt)) throw forbidden(caller.user, attempt);
  };
  if (info.group === externalSecretsGroup) {
    // Its objects are put there by hand, and read.
    if (request.method !== "GET" || isWatch(request)) throw methodNotAllowed();
    check(name === null ? "list" : "get");
    if (!store.installed.has(info.group)) throw unknownPath();
  }
  if (request.method === "GET" && name === null && isWatch(request)) {
    check("watch");
    return watchObjects(store, info, route.namespace, request);
  }
  if (route.subresource === "finalize") {
    if (request.method !== "PUT") throw methodNotAllowed();
    check("update");
    const before = store.get("namespaces", "", name ?? "");
    if (before === null) throw notFound(info, name ?? "");
    return sendObject(200, finalizeNamespace(store, before, readJson(request.body)));
  }
  if (route.subresource !== null) {
    if (request.method !== "POST") throw methodNotAllowed();
    check("create");
    const where = { namespace: route.namespace ?? "", name: name ?? "" };
    return requestToken(store, where, caller.tokens, request, readJson(request.body));
  }
  if (name === null) return handleCollection(store, route, check, request);

  const namespace = info.namespaced ? (route.namespace ?? "") : "";
  if (request.method === "GET") {
    check("get");
    const found = store.get(info.resource, namespace, name, request.stale);
    if (found === null) throw notFound(info, name);
    return sendObject(200, found);
  }
  const dryRun = request.query.get("dryRun") === "All";
  const target: WriteTarget = { info, namespace, name, manager: managerOf(request), dryRun };
  if (request.method === "PATCH") {
    check("patch");
    const { object, created } = patch(store, target, request, () => check("create"));
    return sendObject(created ? 201 : 200, object);
  }
  const before = () => {
    const found = store.get(info.resource, namespace, name);
    if (found === null) throw notFound(info, name);
    return found;
  };
  if (request.method === "PUT") {
    check("update");
    return sendObject(200, updateObject(store, target, before(), readJson(request.body)).object);
  }
  if (request.method !== "DELETE") throw methodNotAllowed();
  check("delete");
  return remove(store, target, before(), request);
}

function handleCollection(
  store: ObjectStore,
  { info, namespace }: Route,
  check: (verb: string) => void,
  request: PartRequest,
): PartReply {
  if (request.method === "GET") {
    check("list");
    return listObjects(store, info, namespace, request);
  }
  if (info.namespaced && namespace === null) throw methodNotAllowed();
  const manager = managerOf(request);
  const dryRun = request.query.get("dryRun") === "All";
  if (request.method === "POST") {
    check("create");
    const body = readJson(request.body);
    const metadata = isObject(body["metadata"]) ? body["metadata"] : {};
    const name = typeof metadata["name"] === "string" ? metadata["name"] : "";
    const target = { info, namespace: namespace ?? "", name, manager, dryRun };
    return sendObject(201, createObject(store, target, body).object);
  }
  if (request.method !== "DELETE" || !info.namespaced) throw methodNotAllowed();
  check("deletecollection");
  const reply = listObjects(store, info, namespace, request);
  const { items } = selectObjects(store, info, namespace, request);
  for (const { metadata } of items) {
    const target = { info, namespace: namespace ?? "", name: metadata.name, manager, dryRun };
    const before = store.get(info.resource, target.namespace, target.name);
    if (before !== null) deleteObject(store, target, before, {});
  }
  return reply;
}

function patch(store: ObjectStore, target: WriteTarget, request: PartRequest, mayCreate: () => void): Written {
  const { info, namespace, name } = target;
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim();
  if (type === applyContentType) {
    if (!request.query.get("fieldManager")) throw missingManager();
    const config = readYaml(request.body);
    return applyObject(store, target, config, request.query.get("force") === "true", mayCreate);
  }
  const known = ["json-patch", "merge-patch", "strategic-merge-patch"].map((kind) => `application/${kind}+json`);
  if (type === undefined || !known.includes(type)) {
    throw new StatusFailure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  }
  const before = store.get(info.resource, namespace, name);
  if (before === null) throw notFound(info, name);
  const live = before as unknown as JsonObject;
  const change = readAny(request.body);
  const after = type === "application/json-patch+json" ? jsonPatch(live, change) : mergePatch(live, change);
  if (!isObject(after)) throw unknownPath();
  return updateObject(store, target, before, after);
}

function remove(store: ObjectStore, target: WriteTarget, before: KubeObject, request: PartRequest): PartReply {
  const options = request.body.length === 0 ? {} : readJson(request.body);
  if (target.info.resource === "namespaces") {
    return sendObject(200, terminateNamespace(store, before));
  }
  deleteObject(store, target, before, options);
  const details = { name: target.name, kind: target.info.resource, uid: before.metadata.uid };
  return { status: 200, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details } };
}

function missingManager(): StatusFailure {
  const message = "Required value: is required for apply patch";
  const cause = { reason: "FieldValueRequired", message, field: "fieldManager" };
  return new StatusFailure(422, "Invalid", `PatchOptions.meta.k8s.io "" is invalid: fieldManager: ${message}`, {
    group: "meta.k8s.io",
    kind: "PatchOptions",
    causes: [cause],
  });
}

function readAny(body: Buffer): Json {
  try {
    return JSON.parse(body.toString("utf8")) as Json;
  } catch {
    throw badRequest("the object provided is unrecognized (must be of type Object): couldn't get version/kind");
  }
}

function readJson(body: Buffer): JsonObject {
  const value = readAny(body);
  if (!isObject(value)) throw badRequest("the object provided is unrecognized (must be of type Object)");
  return value;
}

function readYaml(body: Buffer): Json {
  const text = body.toString("utf8");
  try {
    return JSON.parse(text) as Json;
  } catch {
    // JSON is what every client sends; YAML is what the content type allows.
  }
  try {
    return parseYaml(text) as Json;
  } catch {
    throw badRequest(
      "error decoding patch: error converting YAML to JSON: yaml: line 1: did not find expected node content",
    );
  }
}
