import { goObjectError } from "./go-json.ts";
import { isObject, type KubeObject, type ResourceInfo, rbacGroup, sameJson } from "./objects.ts";
import { podUpdateCauses } from "./pods.ts";
import { type Cause, invalid, invalidValue } from "./status.ts";

/** Sum of a Secret's values, bytes. */
const dataBytesMax = 1_048_576;
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const dockerKeys: Readonly<Record<string, string>> = {
  "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
  "kubernetes.io/dockercfg": ".dockercfg",
};

/** Throws the 422 that names everything wrong with the object, or with the step from `before` to it. */
export function validate(info: ResourceInfo, before: KubeObject | null, after: KubeObject): void {
  const causes = [...nameCauses(info, after.metadata.name)];
  if (before !== null && before.metadata.uid !== after.metadata.uid) {
    causes.push(immutableField("metadata.uid", after.metadata.uid));
  }
  if (info.resource === "pods" && before !== null) causes.push(...podUpdateCauses(before, after));
  if (info.resource === "secrets") {
    if (before !== null) causes.push(...secretUpdateCauses(before, after));
    causes.push(...secretCauses(after));
  }
  if (causes.length > 0) throw invalid(info, after.metadata.name, causes);
}

const immutableField = (field: string, value: string) =>
  invalidValue(field, JSON.stringify(value), "field is immutable");

function nameCauses(info: ResourceInfo, name: string): Cause[] {
  // Names of rights are path segments, free in all else.
  if (info.group === rbacGroup) return [];
  const part = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
  const pattern = info.namespaced ? new RegExp(`^${part}(?:\\.${part})*$`) : new RegExp(`^${part}$`);
  const why = info.namespaced ? subdomain : label;
  if (pattern.test(name) && name.length <= (info.namespaced ? 253 : 63)) return [];
  return [invalidValue("metadata.name", JSON.stringify(name), why)];
}

function secretUpdateCauses(before: KubeObject, after: KubeObject): Cause[] {
  const causes: Cause[] = [];
  if (before["type"] !== after["type"]) causes.push(immutableField("type", String(after["type"])));
  if (before["immutable"] !== true) return causes;
  const refuse = (field: string) =>
    causes.push({
      reason: "FieldValueForbidden",
      message: "Forbidden: field is immutable when `immutable` is set",
      field,
    });
  if (after["immutable"] !== true) refuse("immutable");
  if (!sameJson(before["data"] ?? {}, after["data"] ?? {})) refuse("data");
  return causes;
}

function secretCauses(secret: KubeObject): Cause[] {
  const causes: Cause[] = [];
  const data = isObject(secret["data"]) ? secret["data"] : {};
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
      const why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
      causes.push(invalidValue(`data[${key}]`, JSON.stringify(key), why));
    }
    bytes += Buffer.byteLength(String(value), "base64");
  }
  if (bytes > dataBytesMax) {
    causes.push({
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${dataBytesMax} bytes`,
      field: "data",
    });
  }
  const wanted = dockerKeys[String(secret["type"])];
  if (wanted === undefined) return causes;
  const value = data[wanted];
  if (typeof value !== "string") {
    causes.push({ reason: "FieldValueRequired", message: "Required value", field: `data[${wanted}]` });
    return causes;
  }
  const wrong = goObjectError(Buffer.from(value, "base64").toString("utf8"));
  if (wrong !== null) causes.push(invalidValue(`data[${wanted}]`, '"<secret contents redacted>"', wrong));
  return causes;
}
