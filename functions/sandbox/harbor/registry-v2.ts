import type { PartReply } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import { callerName, can } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { sha256Digest } from "./images.ts";
import { fillCache } from "./proxy-cache.ts";
import { badRequest, notFound } from "./refusal.ts";
import { pingRegistry, registryHeaders, registryUnauthorized, requireRepositoryAccess } from "./registry-access.ts";
import { deleteManifest, putManifest, sendUpload, startUpload } from "./registry-push.ts";
import type { ProjectRow } from "./state.ts";

const json = "application/json; charset=utf-8";

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

/** An uncached manifest comes straight from the upstream; asked by tag its digest headers are empty (recorded in 13). */
function passThrough(
  call: HarborCall,
  project: ProjectRow,
  repository: string,
  reference: string,
  manifest: Buffer,
): PartReply {
  logPull(call, project, repository, reference, sha256Digest(manifest));
  const digest = reference.startsWith("sha256:") ? reference : "";
  const headers = { "content-type": mediaTypeOf(manifest), "docker-content-digest": digest, etag: digest };
  return { status: 200, headers, body: manifest };
}

async function serveManifest(call: HarborCall, repository: string, reference: string): Promise<PartReply> {
  const { context, request } = call;
  const project = requireRepositoryAccess(call, repository, "pull");
  const fetched = project.endpointId === 0 ? null : await fillCache(context, project, repository, reference);
  if (fetched !== null) return passThrough(call, project, repository, reference, fetched);
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

/** All repositories, or `n` of them after `last`; for who holds `catalog:read` at the system. No token is offered for it. */
function serveCatalog(call: HarborCall): PartReply {
  const { context, request, caller } = call;
  if (!can(context, caller, null, "catalog", "read"))
    throw registryUnauthorized("unauthorized to list catalog", 'Basic realm="harbor"');
  const all = [...context.state.repositories.keys()].sort();
  const n = request.query.get("n") ?? "";
  if (n === "") return { status: 200, headers: { "content-type": json }, body: { repositories: all } };
  if (!/^\+?\d+$/.test(n)) throw badRequest("the N must be a positive int type");
  const last = request.query.get("last") ?? "";
  if (last !== "" && !all.includes(last)) throw badRequest(`the last: ${last} should be a valid repository name.`);
  const repositories = all.slice(all.indexOf(last) + 1, all.indexOf(last) + 1 + Number(n));
  const end = repositories.at(-1);
  const more = end !== undefined && end !== all.at(-1);
  const link = more ? { link: `</v2/_catalog?last=${encodeURIComponent(end)}&n=${n}>; rel="next"` } : {};
  return { status: 200, headers: { "content-type": json, ...link }, body: { repositories } };
}

function serveWrite(call: HarborCall, path: string): PartReply {
  const { method } = call.request;
  const start = /^\/v2\/(.+)\/blobs\/uploads\/?$/.exec(path);
  if (method === "POST" && start?.[1] !== undefined) return startUpload(call, start[1]);
  const upload = /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/.exec(path);
  if (upload?.[1] !== undefined && (method === "PUT" || method === "PATCH"))
    return sendUpload(call, upload[1], upload[2] ?? "");
  const manifest = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(path);
  if (manifest?.[1] !== undefined && method === "PUT") return putManifest(call, manifest[1], manifest[2] ?? "");
  if (manifest?.[1] !== undefined && method === "DELETE") return deleteManifest(call, manifest[1], manifest[2] ?? "");
  throw registryUnauthorized(`un-recognized request: ${method} ${path.replace(/\/$/, "")}`, "");
}

/** Everything under `/v2`: pulls and pushes by tag and digest; deletions by digest. Cross-repository mounts are left out. */
export async function serveRegistry(call: HarborCall): Promise<PartReply> {
  const { method, path } = call.request;
  if (path === "/v2/") return pingRegistry(call);
  if (method !== "GET" && method !== "HEAD") return serveWrite(call, path);
  if (path === "/v2/_catalog") return serveCatalog(call);
  const manifest = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(path);
  if (manifest?.[1] !== undefined) return serveManifest(call, manifest[1], manifest[2] ?? "");
  const blob = /^\/v2\/(.+)\/blobs\/(sha256:[0-9a-f]{64})$/.exec(path);
  if (blob?.[1] !== undefined) return serveBlob(call, blob[1], blob[2] ?? "");
  const tags = /^\/v2\/(.+)\/tags\/list$/.exec(path);
  if (tags?.[1] !== undefined) return serveTags(call, tags[1]);
  throw registryUnauthorized(`un-recognized request: ${method} ${path.replace(/\/$/, "")}`, "");
}
