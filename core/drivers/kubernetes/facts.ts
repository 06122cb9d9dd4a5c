import type { V1ObjectMeta, V1Secret } from "@kubernetes/client-node";
import type { SecretFacts } from "../../ports/cluster.ts";
import { PortError } from "../../ports/errors.ts";
import { managerWithTool, parsePullSecret, toolsThatWrite } from "../../pullsecret/index.ts";

export const dockerKey = ".dockerconfigjson";

/** The text of `.dockerconfigjson`; null where the Secret has no such key. */
export function dockerText(secret: V1Secret): string | null {
  const encoded = secret.data?.[dockerKey];
  return encoded === undefined ? null : Buffer.from(encoded, "base64").toString("utf8");
}

/** Throws `invalid` (`bad-reply`) when the Secret has no identity. */
export function secretFacts(system: string, secret: V1Secret, fieldManager: string): SecretFacts {
  const { metadata = {}, type = "" } = secret;
  const { namespace, name, uid, resourceVersion } = metadata;
  if (!namespace || !name || !uid || !resourceVersion) {
    const where = { system, operation: "secrets.read" };
    throw new PortError("invalid", `${system}: a Secret without identity`, { ...where, reason: "bad-reply" });
  }
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    type,
    immutable: secret.immutable === true,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    otherOwners: otherOwners({ ...metadata, namespace, name }, fieldManager),
    content: parsePullSecret(type, dockerText(secret)),
  };
}

/**
 * Managers other than ours that own the pull data, and the controller that owns the object. An ordinary
 * (`Update`) write under our own name counts as another: it conflicts with our apply like any other.
 */
function otherOwners(
  metadata: V1ObjectMeta & { readonly namespace: string; readonly name: string },
  fieldManager: string,
): string[] {
  const owners = new Set<string>();
  for (const { manager = "unknown", operation, fieldsV1 } of metadata.managedFields ?? []) {
    if (manager === fieldManager && operation === "Apply") continue;
    if (ownsData(fieldsV1)) owners.add(managerWithTool(manager));
  }
  for (const { controller, kind, name } of metadata.ownerReferences ?? []) {
    if (controller === true) owners.add(`${kind}/${name}`);
  }
  const { namespace, name, labels = {}, annotations = {} } = metadata;
  for (const tool of toolsThatWrite({ namespace, name, labels, annotations })) owners.add(tool);
  return [...owners].sort();
}

function ownsData(fields: unknown): boolean {
  const tree = membersOf(fields);
  return ["f:data", "f:stringData"].some((part) => Object.hasOwn(membersOf(tree[part]), `f:${dockerKey}`));
}

function membersOf(node: unknown): Readonly<Record<string, unknown>> {
  return typeof node === "object" && node !== null ? { ...node } : {};
}
