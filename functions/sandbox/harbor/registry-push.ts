import { randomUUID } from "node:crypto";
import type { PartReply } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import { callerName } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { repositoryOf, sha256Digest } from "./images.ts";
import { errorBody, notFound, Refusal } from "./refusal.ts";
import { registryHeaders, requireRepositoryAccess } from "./registry-access.ts";

const uploadsMax = 1000;

/** An error of the registry behind Harbor. */
function registryError(status: number, code: string, message: string): Refusal {
  const headers = { "content-type": "application/json; charset=utf-8", ...registryHeaders };
  return new Refusal({ status, headers, body: errorBody(code, message) });
}

/** `POST …/blobs/uploads/`: 202 with the place to send the bytes to. */
export function startUpload(call: HarborCall, repository: string): PartReply {
  requireRepositoryAccess(call, repository, "push");
  const { uploads } = call.context;
  const id = randomUUID();
  uploads.set(id, { repository, chunks: [] });
  const [oldest] = uploads.keys();
  if (uploads.size > uploadsMax && oldest !== undefined) uploads.delete(oldest);
  return {
    status: 202,
    headers: {
      ...registryHeaders,
      "docker-upload-uuid": id,
      location: `/v2/${repository}/blobs/uploads/${id}?_state=${Buffer.from(id).toString("base64url")}`,
      range: "0-0",
    },
  };
}

/** `PATCH` adds bytes, `PUT` with `digest` ends the upload; the digest must be that of all bytes. */
export function sendUpload(call: HarborCall, repository: string, id: string): PartReply {
  requireRepositoryAccess(call, repository, "push");
  const { request, context } = call;
  const upload = context.uploads.get(id);
  if (upload?.repository !== repository)
    throw registryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  if (request.body.length > 0) upload.chunks.push(request.body);
  const bytes = Buffer.concat(upload.chunks);
  const place = `/v2/${repository}/blobs`;
  if (request.method === "PATCH") {
    const location = `${place}/uploads/${id}?_state=${Buffer.from(id).toString("base64url")}`;
    const range = `0-${Math.max(0, bytes.length - 1)}`;
    return { status: 202, headers: { ...registryHeaders, "docker-upload-uuid": id, location, range } };
  }
  const digest = request.query.get("digest") ?? "";
  if (sha256Digest(bytes) !== digest)
    throw registryError(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  context.uploads.delete(id);
  repositoryOf(context.state, repository).blobs.set(digest, bytes);
  const headers = { ...registryHeaders, "docker-content-digest": digest, location: `${place}/${digest}` };
  return { status: 201, headers };
}

/** `PUT …/manifests/<tag or digest>`; its blobs must be there. Writes a row `create` of an artifact. */
export function putManifest(call: HarborCall, repository: string, reference: string): PartReply {
  const project = requireRepositoryAccess(call, repository, "push");
  const { request, context, caller } = call;
  let manifest: {
    readonly config?: { readonly digest: string };
    readonly layers?: readonly { readonly digest: string }[];
  };
  try {
    manifest = JSON.parse(request.body.toString("utf8")) as typeof manifest;
  } catch {
    throw registryError(400, "MANIFEST_INVALID", "manifest invalid");
  }
  const stored = repositoryOf(context.state, repository);
  const parts = [...(manifest.config === undefined ? [] : [manifest.config]), ...(manifest.layers ?? [])];
  if (parts.some(({ digest }) => !stored.blobs.has(digest)))
    throw registryError(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
  const digest = sha256Digest(request.body);
  stored.manifests.set(digest, request.body);
  if (!reference.startsWith("sha256:")) stored.tags.set(reference, digest);
  writeAudit(context, {
    operation: "create",
    description: `push artifact: ${repository}@${digest}`,
    resource: `${repository}${reference.startsWith("sha256:") ? "@" : ":"}${reference}`,
    resourceType: "artifact",
    username: callerName(context.state, caller),
    projectId: project.id,
  });
  const location = `/v2/${repository}/manifests/${digest}`;
  return { status: 201, headers: { ...registryHeaders, "docker-content-digest": digest, location } };
}

/** `DELETE …/manifests/<digest>`: 202; its tags go with it, and with the last manifest the repository. */
export function deleteManifest(call: HarborCall, repository: string, reference: string): PartReply {
  const project = requireRepositoryAccess(call, repository, "delete");
  const { context, caller } = call;
  const { repositories } = context.state;
  const stored = repositories.get(repository);
  const digest = reference.startsWith("sha256:") ? reference : stored?.tags.get(reference);
  if (stored === undefined || digest === undefined || !stored.manifests.delete(digest))
    throw notFound(`artifact ${repository}@${reference} not found`);
  for (const [tag, of] of stored.tags) if (of === digest) stored.tags.delete(tag);
  if (stored.manifests.size === 0) repositories.delete(repository);
  writeAudit(context, {
    operation: "delete",
    description: `delete artifact: ${repository}@${digest}`,
    resource: `${repository}@${digest}`,
    resourceType: "artifact",
    username: callerName(context.state, caller),
    projectId: project.id,
  });
  return { status: 202, headers: registryHeaders };
}
