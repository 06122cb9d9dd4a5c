import { base64ErrorAt } from "./go-json.ts";
import { isObject, type Json, type JsonObject, type KubeObject, type ResourceInfo } from "./objects.ts";
import { defaultPodSpec } from "./pods.ts";
import { badRequest } from "./status.ts";

/** Text of a body's first undeclared field, as a path; null when all are known. */
export function undeclaredField(info: ResourceInfo, body: JsonObject): string | null {
  const known = new Set(["kind", "apiVersion", "metadata", ...info.fields]);
  const unknown = Object.keys(body).find((name) => !known.has(name));
  return unknown === undefined ? null : `.${unknown}`;
}

/** What Go says of the first value of `data` that is no base64; null when all are. */
export function badBase64(body: JsonObject): string | null {
  const data = isObject(body["data"]) ? body["data"] : {};
  for (const value of Object.values(data)) {
    const at = typeof value === "string" ? base64ErrorAt(value) : 0;
    if (at !== null) return `illegal base64 data at input byte ${at}`;
  }
  return null;
}

/** Name and namespace in the body must be those of the path, or absent. */
export function checkCoordinates(body: JsonObject, namespace: string, name: string | null): void {
  const metadata = isObject(body["metadata"]) ? body["metadata"] : {};
  const given = metadata["name"];
  if (name !== null && given !== undefined && given !== name) {
    throw badRequest(`the name of the object (${String(given)}) does not match the name on the URL (${name})`);
  }
  if (metadata["namespace"] !== undefined && metadata["namespace"] !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}

/** Metadata that the server alone writes. */
const serverMetadata = ["creationTimestamp", "deletionTimestamp", "managedFields", "selfLink", "generation"];

/**
 * A body as an object of the kind: unknown fields dropped, `stringData` folded into `data`, empty maps
 * and lists left out, defaults set. What the server alone writes is taken from `before`.
 */
export function shapeObject(
  info: ResourceInfo,
  body: JsonObject,
  before: KubeObject | null,
  namespace: string,
  name: string,
): KubeObject {
  const given = isObject(body["metadata"]) ? { ...body["metadata"] } : {};
  for (const field of serverMetadata) delete given[field];
  const labels = isObject(given["labels"]) ? given["labels"] : {};
  const kept = Object.fromEntries(
    Object.entries(before?.metadata ?? {}).filter(([field]) => serverMetadata.includes(field)),
  );
  const metadata = {
    ...given,
    name,
    ...(info.namespaced ? { namespace } : {}),
    uid: before === null ? "" : typeof given["uid"] === "string" ? given["uid"] : before.metadata.uid,
    resourceVersion: before?.metadata.resourceVersion ?? "",
    creationTimestamp: before?.metadata.creationTimestamp ?? "",
    ...kept,
    labels: info.resource === "namespaces" ? { ...labels, "kubernetes.io/metadata.name": name } : labels,
  };
  const fields: Record<string, Json> = {};
  for (const field of info.fields) {
    const value = body[field];
    if (value !== undefined && value !== null) fields[field] = value;
  }
  if (info.resource === "secrets") foldStringData(fields);
  if (info.resource === "pods") fields["spec"] = defaultPodSpec(fields["spec"]);
  return {
    kind: info.kind,
    apiVersion: info.apiVersion,
    metadata: dropEmpty(metadata),
    ...dropEmpty(fields),
  } as KubeObject;
}

function foldStringData(fields: Record<string, Json>): void {
  const { stringData, data } = fields;
  if (isObject(stringData)) {
    const encoded = Object.entries(stringData).map(([key, text]) => [
      key,
      Buffer.from(String(text)).toString("base64"),
    ]);
    fields["data"] = { ...(isObject(data) ? data : {}), ...(Object.fromEntries(encoded) as JsonObject) };
  }
  delete fields["stringData"];
  fields["type"] ??= "Opaque";
}

function dropEmpty<T extends Record<string, unknown>>(fields: T): T {
  const full = Object.entries(fields).filter(
    ([, value]) =>
      !(Array.isArray(value) && value.length === 0) && !(isObject(value) && Object.keys(value).length === 0),
  );
  return Object.fromEntries(full) as T;
}
