import { createHash } from "node:crypto";
import type { HarborState, Repository } from "./state.ts";

export function sha256Digest(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The repository of that name, made where it is not there. */
export function repositoryOf(state: HarborState, name: string): Repository {
  const stored = state.repositories.get(name) ?? { tags: new Map(), manifests: new Map(), blobs: new Map() };
  state.repositories.set(name, stored);
  return stored;
}

export interface PushedImage {
  readonly manifestDigest: string;
  readonly configDigest: string;
  readonly layerDigests: readonly string[];
}

const docker = "application/vnd.docker";

/** Puts an image into a repository under a tag, as a push by `docker` would leave it. */
export function storeImage(
  state: HarborState,
  repository: string,
  tag: string,
  layers: readonly Buffer[],
  createdAtMs: number,
): PushedImage {
  const stored = repositoryOf(state, repository);
  const layerDigests = layers.map(sha256Digest);
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      created: new Date(createdAtMs).toISOString(),
      rootfs: { type: "layers", diff_ids: layerDigests },
    }),
  );
  const configDigest = sha256Digest(config);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${docker}.distribution.manifest.v2+json`,
      config: { mediaType: `${docker}.container.image.v1+json`, size: config.length, digest: configDigest },
      layers: layers.map((layer, index) => ({
        mediaType: `${docker}.image.rootfs.diff.tar.gzip`,
        size: layer.length,
        digest: layerDigests[index],
      })),
    }),
  );
  const manifestDigest = sha256Digest(manifest);
  stored.blobs.set(configDigest, config);
  for (const [index, layer] of layers.entries()) stored.blobs.set(layerDigests[index] ?? "", layer);
  stored.manifests.set(manifestDigest, manifest);
  stored.tags.set(tag, manifestDigest);
  return { manifestDigest, configDigest, layerDigests };
}
