import type { SecretFacts } from "../../ports/cluster.ts";
import { managerWithTool, pullSecretType, toolsThatWrite } from "../../pullsecret/index.ts";
import type { PullText, PullTexts } from "./pull-texts.ts";
import type { SecretObject } from "./reply-shapes.ts";

export const dockerKey = ".dockerconfigjson";

/** Null where the Secret has no such key. */
export function pullTextOf({ data }: SecretObject, texts: PullTexts): PullText | null {
  const base64 = data?.[dockerKey];
  return base64 === undefined ? null : texts.of(base64);
}

/** `pull`: its `.dockerconfigjson`; null where it has none. */
export function secretFacts(secret: SecretObject, pull: PullText | null, fieldManager: string): SecretFacts {
  const { metadata } = secret;
  const { namespace, name, uid, resourceVersion } = metadata;
  const type = secret.type ?? "";
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    type,
    immutable: secret.immutable === true,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    otherOwners: otherOwners(metadata, fieldManager),
    content: contentOf(type, pull),
  };
}

/** Of a Secret of another type kubelet reads nothing. */
function contentOf(type: string, pull: PullText | null): SecretFacts["content"] {
  if (pull === null) return { state: "absent" };
  return type === pullSecretType ? pull.content : { state: "parsed", logins: {} };
}

/**
 * Managers other than ours that own the pull data, and the controller that owns the object. An ordinary
 * (`Update`) write under our own name counts as another: it conflicts with our apply like any other.
 */
function otherOwners(metadata: SecretObject["metadata"], fieldManager: string): string[] {
  const owners = new Set<string>();
  for (const { manager, operation, fieldsV1 } of metadata.managedFields ?? []) {
    if (manager === fieldManager && operation === "Apply") continue;
    if (ownsData(fieldsV1)) owners.add(managerWithTool(manager ?? "unknown"));
  }
  for (const { controller, kind, name } of metadata.ownerReferences ?? []) {
    if (controller === true) owners.add(`${kind}/${name}`);
  }
  const { namespace, name, labels, annotations } = metadata;
  const traces = { namespace, name, labels: labels ?? {}, annotations: annotations ?? {} };
  for (const tool of toolsThatWrite(traces)) owners.add(tool);
  return [...owners].sort();
}

function ownsData(fields: unknown): boolean {
  const tree = membersOf(fields);
  return ["f:data", "f:stringData"].some((part) => Object.hasOwn(membersOf(tree[part]), `f:${dockerKey}`));
}

function membersOf(node: unknown): Readonly<Record<string, unknown>> {
  return typeof node === "object" && node !== null ? { ...node } : {};
}
