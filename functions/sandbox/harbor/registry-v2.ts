import { createHash } from "node:crypto";
import type { PartReply } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import { callerName } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { notFound, refuse } from "./refusal.ts";
import {
  challengeOf,
  pingRegistry,
  registryHeaders,
  registryUnauthorized,
  requireRepositoryAccess,
} from "./registry-access.ts";
import type { ProjectRow } from "./state.ts";

const json = "application/json; charset=utf-8";

export function sha256Digest(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function mediaTypeOf(manifest: Buffer): string {
  const { mediaType } = JSON.parse(manifest.toString("utf8")) as { mediaType: string };
  return mediaType;
}

/** A pull row for GET alone: not for HEAD, 304 nor another Harbor's replication (harbor.md §10.33). */
function logPull(call: HarborCall, project: ProjectRow, repository: string, reference: string, digest: string): void {
  const { context, request, caller } = call;
  const agent = request.headers["user-agent"] ?? "";
  if (request.method !== "GET" || agent.startsWith("harbor-registry-client")) return;
  writeAudit(context, {
    operation: "pull",
    description: `pull artifact: ${repository}@${digest}`,
    resource: `${repository}${reference.startsWith("sha256:") ? "@" : ":"}${reference}`,
    resourceType: "artifact",
    username: callerName(context.state, caller),
    projectId: project.id,
  });
}

function serveManifest(call: HarborCall, repository: string, reference: string): PartReply {
  const { context, request } = call;
  const project = requireRepositoryAccess(call, repository, "pull");
  const stored = context.state.repositories.get(repository);
  const digest = reference.startsWith("sha256:") ? reference : stored?.tags.get(reference);
  const manifest = digest === undefined ? undefined : stored?.manifests.get(digest);
  if (digest === undefined || manifest === undefined)
    throw notFound(`artifact ${repository}${reference.startsWith("sha256:") ? "@" : ":"}${reference} not found`);
  const headers = { ...registryHeaders, "docker-content-digest": digest, etag: `"${digest}"` };
  if (request.headers["if-none-match"]?.replaceAll('"', "") === digest) return { status: 304, headers };
  logPull(call, project, repository, reference, digest);
  return { status: 200, headers: { ...headers, "content-type": mediaTypeOf(manifest) }, body: manifest };
}

/** A blob, whole or from an offset on (`Range: bytes=<from>-`, as containerd resumes). */
function serveBlob(call: HarborCall, repository: string, digest: string): PartReply {
  const { context, request } = call;
  requireRepositoryAccess(call, repository, "pull");
  const blob = context.state.repositories.get(repository)?.blobs.get(digest);
  if (blob === undefined) {
    if (request.method === "HEAD") throw notFound(`blob ${digest} not found`);
    const errors = [{ code: "BLOB_UNKNOWN", message: "blob unknown to registry", detail: digest }];
    return {
      status: 404,
      headers: { "content-type": json, ...registryHeaders },
      body: `${JSON.stringify({ errors })}\n`,
    };
  }
  const headers = {
    ...registryHeaders,
    "accept-ranges": "bytes",
    "cache-control": "max-age=31536000",
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    etag: `"${digest}"`,
  };
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (from === 0) return { status: 200, headers, body: blob };
  if (from >= blob.length) return { status: 416, headers: { "content-range": `bytes */${blob.length}` } };
  const range = `bytes ${from}-${blob.length - 1}/${blob.length}`;
  return { status: 206, headers: { ...headers, "content-range": range }, body: blob.subarray(from) };
}

function serveTags(call: HarborCall, repository: string): PartReply {
  requireRepositoryAccess(call, repository, "pull");
  const stored = call.context.state.repositories.get(repository);
  if (stored === undefined) throw notFound(`repository ${repository} not found`);
  return { status: 200, headers: { "content-type": json }, body: { name: repository, tags: [...stored.tags.keys()] } };
}

function serveCatalog(call: HarborCall): PartReply {
  const { context, caller } = call;
  if (!(caller.type === "user" && caller.user.sysadmin))
    throw registryUnauthorized("unauthorized to list catalog", challengeOf(call, "registry:catalog:*"));
  const repositories = [...context.state.repositories.keys()].sort();
  return { status: 200, headers: { "content-type": json }, body: { repositories } };
}

const reads = ["GET", "HEAD"];

/**
 * Everything under `/v2`: pulls by tag and digest. A push is refused where the right is missing, as
 * recorded; images get in by `pushImage` alone, so an allowed push is answered as by a registry that
 * takes none.
 */
export function serveRegistry(call: HarborCall): PartReply {
  const { method, path } = call.request;
  if (path === "/v2/") return pingRegistry(call);
  if (path === "/v2/_catalog" && reads.includes(method)) return serveCatalog(call);
  const manifest = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(path);
  const blob = /^\/v2\/(.+)\/blobs\/(sha256:[0-9a-f]{64})$/.exec(path);
  const tags = /^\/v2\/(.+)\/tags\/list$/.exec(path);
  const upload = /^\/v2\/(.+)\/blobs\/uploads\/.*$/.exec(path);
  if (reads.includes(method)) {
    if (manifest?.[1] !== undefined) return serveManifest(call, manifest[1], manifest[2] ?? "");
    if (blob?.[1] !== undefined) return serveBlob(call, blob[1], blob[2] ?? "");
    if (tags?.[1] !== undefined) return serveTags(call, tags[1]);
  }
  const repository = upload?.[1] ?? manifest?.[1] ?? blob?.[1];
  if (repository === undefined)
    throw registryUnauthorized(`un-recognized request: ${method} ${path.replace(/\/$/, "")}`, "");
  requireRepositoryAccess(call, repository, method === "DELETE" ? "delete" : "push");
  throw refuse(405, "UNSUPPORTED", "The operation is unsupported.");
}
