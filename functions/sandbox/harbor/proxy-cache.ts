import type { HarborContext } from "./context.ts";
import { askRemote } from "./endpoint-check.ts";
import { repositoryOf, sha256Digest } from "./images.ts";
import { notFound } from "./refusal.ts";
import type { EndpointRow } from "./replication-state.ts";
import type { ProjectRow } from "./state.ts";

async function fetchFrom(row: EndpointRow, path: string): Promise<Buffer | null> {
  try {
    const reply = await askRemote(row, "GET", path);
    const bytes = Buffer.from(await reply.arrayBuffer());
    return reply.status === 200 ? bytes : null;
  } catch {
    return null;
  }
}

/**
 * Brings a manifest of a proxy-cache project here, with its blobs. An upstream that refuses or is away leaves what
 * is cached; what is not cached is then a 404 of the repository, not a 401 (harbor.md §5, §10.40). Returns what came through just now, which is
 * handed on from the upstream; null: serve what is here.
 */
export async function fillCache(
  context: HarborContext,
  project: ProjectRow,
  repository: string,
  reference: string,
): Promise<Buffer | null> {
  const row = context.state.endpoints.find(({ id }) => id === project.endpointId);
  if (row === undefined) return null;
  const upstream = repository.split("/").slice(1).join("/");
  const bytes = await fetchFrom(row, `/v2/${upstream}/manifests/${reference}`);
  if (bytes === null) {
    if (context.state.repositories.has(repository)) return null;
    throw notFound(`repository ${repository} not found`);
  }
  const manifest = JSON.parse(bytes.toString("utf8")) as {
    readonly config: { readonly digest: string };
    readonly layers: readonly { readonly digest: string }[];
  };
  const digest = sha256Digest(bytes);
  const stored = repositoryOf(context.state, repository);
  if (stored.manifests.has(digest)) return null;
  for (const { digest } of [manifest.config, ...manifest.layers]) {
    if (stored.blobs.has(digest)) continue;
    const blob = await fetchFrom(row, `/v2/${upstream}/blobs/${digest}`);
    if (blob !== null) stored.blobs.set(digest, blob);
  }
  stored.manifests.set(digest, bytes);
  if (!reference.startsWith("sha256:")) stored.tags.set(reference, digest);
  return bytes;
}
