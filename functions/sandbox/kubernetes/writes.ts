import { randomUUID } from "node:crypto";
import type { PartRequest } from "../listener.ts";
import { applyOnto } from "./apply.ts";
import { claimsAfterUpdate, sameButTimes, withClaims } from "./managed.ts";
import { isObject, type Json, type JsonObject, type KubeObject, type ResourceInfo, resources } from "./objects.ts";
import { admitPod } from "./pods.ts";
import { badBase64, checkCoordinates, shapeObject, undeclaredField } from "./shape.ts";
import { alreadyExists, badRequest, conflict, internal, notFound, staleVersion, terminating } from "./status.ts";
import type { ObjectStore } from "./store.ts";
import { validate } from "./validate.ts";

/** Where a write goes, who makes it, and whether it counts. */
export interface WriteTarget {
  readonly info: ResourceInfo;
  /** Empty for a resource that has no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly manager: string;
  readonly dryRun: boolean;
}

export interface Written {
  readonly object: KubeObject;
  readonly created: boolean;
}

/** The writer's name in `managedFields`: as asked for, else the first part of its User-Agent. */
export function managerOf(request: PartRequest): string {
  return request.query.get("fieldManager") || (request.headers["user-agent"] ?? "unknown").split("/")[0] || "unknown";
}

function checkNamespace(store: ObjectStore, target: WriteTarget): void {
  if (!target.info.namespaced) return;
  const namespace = store.get("namespaces", "", target.namespace);
  if (namespace === null) throw notFound(resources.namespaces, target.namespace);
  if (namespace.metadata.deletionTimestamp !== undefined) {
    throw terminating(target.info.resource, target.name, target.namespace);
  }
}

export function createObject(store: ObjectStore, target: WriteTarget, body: JsonObject): Written {
  const { info, namespace, name } = target;
  const metadata = isObject(body["metadata"]) ? body["metadata"] : {};
  if (metadata["resourceVersion"] !== undefined && metadata["resourceVersion"] !== "") {
    throw internal("resourceVersion should not be set on objects to be created");
  }
  checkCoordinates(body, namespace, null);
  checkNamespace(store, target);
  const wrong = badBase64(body);
  if (wrong !== null)
    throw badRequest(`${info.kind} in version "${versionOf(info)}" cannot be handled as a ${info.kind}: ${wrong}`);
  const shaped = shapeObject(info, body, null, namespace, name);
  validate(info, null, shaped);
  if (store.get(info.resource, namespace, name) !== null) throw alreadyExists(info, name);
  const claims = claimsAfterUpdate(null, asJson(shaped), target.manager, store.time(), info.tracksUpdates);
  return save(store, target, null, withClaims(withDefaults(store, info, shaped), claims));
}

/** A whole new body, by PUT or as a patch made it. */
export function updateObject(store: ObjectStore, target: WriteTarget, before: KubeObject, body: JsonObject): Written {
  const { info, namespace, name } = target;
  checkCoordinates(body, namespace, name);
  const metadata = isObject(body["metadata"]) ? body["metadata"] : {};
  const version = metadata["resourceVersion"];
  if (version !== undefined && version !== "" && version !== before.metadata.resourceVersion) {
    throw staleVersion(info, name);
  }
  const wrong = badBase64(body);
  if (wrong !== null)
    throw badRequest(`${info.kind} in version "${versionOf(info)}" cannot be handled as a ${info.kind}: ${wrong}`);
  const shaped = shapeObject(info, body, before, namespace, name);
  validate(info, before, shaped);
  const claims = claimsAfterUpdate(before, asJson(shaped), target.manager, store.time(), info.tracksUpdates);
  return save(store, target, before, withClaims(shaped, claims));
}

export function applyObject(
  store: ObjectStore,
  target: WriteTarget,
  body: Json,
  force: boolean,
  mayCreate: () => void,
): Written {
  const { info, namespace, name } = target;
  const config = checkConfiguration(target, body);
  const metadata = isObject(config["metadata"]) ? config["metadata"] : {};
  const before = store.get(info.resource, namespace, name);
  const typed = `(${namespace === "" ? "" : `${namespace}/`}${name}; ${info.group}/${versionOf(info)}, Kind=${info.kind})`;
  const undeclared = undeclaredField(info, config);
  if (undeclared !== null) {
    throw internal(`failed to create typed patch object ${typed}: ${undeclared}: field not declared in schema`);
  }
  if (before === null) {
    if (metadata["uid"] !== undefined) {
      const why = `uid mismatch: the provided object specified uid ${String(metadata["uid"])}, and no existing object was found`;
      throw conflict(info.resource, name, why);
    }
    mayCreate();
    checkNamespace(store, target);
  }
  const wrong = badBase64(config);
  if (wrong !== null) {
    throw internal(
      `failed to convert new object ${typed} to proper version: unable to convert unstructured object to ${info.group}/${versionOf(info)}, Kind=${info.kind}: error decoding from json: ${wrong}`,
    );
  }
  const live = before ?? emptyObject(info, namespace, name);
  const applied = applyOnto(live, config, target.manager, force, store.time());
  const version = metadata["resourceVersion"];
  if (before !== null && version !== undefined && version !== before.metadata.resourceVersion) {
    throw staleVersion(info, name);
  }
  const shaped = shapeObject(info, asJson(applied), before, namespace, name);
  validate(info, before, shaped);
  const { managedFields } = applied.metadata;
  const { managedFields: _old, ...rest } = shaped.metadata;
  const object = { ...shaped, metadata: managedFields === undefined ? rest : { ...rest, managedFields } };
  return save(store, target, before, before === null ? withDefaults(store, info, object) : object);
}

function checkConfiguration(target: WriteTarget, body: Json): JsonObject {
  const config = isObject(body) ? body : {};
  const [apiVersion, kind] = [config["apiVersion"] ?? "", config["kind"] ?? ""];
  if (apiVersion !== target.info.apiVersion || kind !== target.info.kind) {
    throw badRequest(`invalid object type: /${String(apiVersion)}, Kind=${String(kind)}`);
  }
  checkCoordinates(config, target.namespace, target.name);
  if (isObject(config["metadata"]) && config["metadata"]["managedFields"] !== undefined) {
    throw badRequest("metadata.managedFields must be nil");
  }
  return config;
}

/** `options` is the body's DeleteOptions. Throws the 409 of a precondition that fails. */
export function deleteObject(store: ObjectStore, target: WriteTarget, before: KubeObject, options: JsonObject): void {
  const preconditions = isObject(options["preconditions"]) ? options["preconditions"] : {};
  const { uid, resourceVersion } = before.metadata;
  const { kind } = target.info;
  const wanted = preconditions["uid"];
  if (wanted !== undefined && wanted !== uid) {
    const why = `the UID in the precondition (${String(wanted)}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(kind, target.name, why);
  }
  const version = preconditions["resourceVersion"];
  if (version !== undefined && version !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${String(version)}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(kind, target.name, why);
  }
  if (!target.dryRun) store.remove(target.info.resource, before);
}

/** Marks a namespace as going away; nothing in a sandbox finishes that by itself, as in the recording. */
export function terminateNamespace(store: ObjectStore, before: KubeObject): KubeObject {
  if (before.metadata.deletionTimestamp !== undefined) return before;
  const metadata = { ...before.metadata, deletionTimestamp: store.time() };
  return store.put("namespaces", { ...before, metadata, status: { phase: "Terminating" } }, false);
}

/** Says what still keeps a namespace; going away and kept by nothing, it is gone. Its content has to be deleted before. */
export function finalizeNamespace(store: ObjectStore, before: KubeObject, body: JsonObject): KubeObject {
  const given = isObject(body["spec"]) ? body["spec"]["finalizers"] : undefined;
  const finalizers = Array.isArray(given) ? (given as readonly Json[]) : [];
  const spec = finalizers.length > 0 ? { finalizers } : {};
  const after = store.put("namespaces", { ...before, spec }, false);
  if (after.metadata.deletionTimestamp !== undefined && finalizers.length === 0) store.remove("namespaces", after);
  return after;
}

function save(store: ObjectStore, target: WriteTarget, before: KubeObject | null, object: KubeObject): Written {
  const created = before === null;
  if (before !== null && sameButTimes(before, object)) return { object: before, created };
  if (!target.dryRun) return { object: store.put(target.info.resource, object, created), created };
  const { resourceVersion: _none, ...metadata } = object.metadata;
  const uid = created ? randomUUID() : metadata.uid;
  const shown = created ? { ...metadata, uid, creationTimestamp: store.time() } : object.metadata;
  return { object: { ...object, metadata: shown } as KubeObject, created };
}

const versionOf = ({ apiVersion }: ResourceInfo) => apiVersion.split("/").at(-1);

/** What the server fills in after ownership was worked out. */
function withDefaults(store: ObjectStore, info: ResourceInfo, object: KubeObject): KubeObject {
  if (info.resource === "pods") return admitPod(store, object);
  if (info.resource !== "namespaces") return object;
  return { ...object, spec: object["spec"] ?? { finalizers: ["kubernetes"] }, status: { phase: "Active" } };
}

function emptyObject(info: ResourceInfo, namespace: string, name: string): KubeObject {
  const metadata = { name, ...(info.namespaced ? { namespace } : {}) };
  return { kind: info.kind, apiVersion: info.apiVersion, metadata } as unknown as KubeObject;
}

const asJson = (object: KubeObject) => object as unknown as JsonObject;
