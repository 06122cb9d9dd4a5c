import { hash } from "node:crypto";
import type { Dispatcher } from "undici";
import type { Login } from "../../../core/pullsecret/index.ts";
import { parseObject } from "./authorizer.ts";
import { headerText } from "./exchange.ts";
import { PullFailure, type PullStage } from "./pull-failure.ts";
import { RegistryClient } from "./registry-client.ts";

const indexTypes = [
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.index.v1+json",
];
const manifestTypes = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
];
const acceptManifest = [...manifestTypes, ...indexTypes, "*/*"].join(", ");
const layersAtOnce = 3;
const layersMax = 128;

export interface Registry {
  readonly dispatcher: Dispatcher;
  /** `<project>/<repository>` */
  readonly repository: string;
  readonly tag: string;
  /** Not `harbor-registry-client`, which Harbor keeps out of its log (pulls.md §6). */
  readonly userAgent: string;
  readonly nowMs: () => number;
}

interface Descriptor {
  readonly digest: string;
  readonly size: number | null;
}

/**
 * One pull with one login, as containerd does it: HEAD by tag without authorization, the challenge, a
 * token of its own, HEAD again, then manifest, config and layers by digest, every byte hashed. Throws `PullFailure`.
 */
export async function pullImage(registry: Registry, login: Login | null): Promise<void> {
  const client = new RegistryClient({ ...registry, login });
  const base = `/v2/${registry.repository}`;
  const resolved = await client.send("resolve", "HEAD", `${base}/manifests/${registry.tag}`, acceptManifest);
  const digest = headerText(resolved.headers, "docker-content-digest");
  if (!isDigest(digest)) throw new PullFailure("resolve", 200, "answer without digest");

  const fetch = async (stage: PullStage, path: string, wanted: Descriptor, accept: string): Promise<Buffer> => {
    const { body } = await client.send(stage, "GET", `${base}/${path}/${wanted.digest}`, accept);
    if (wanted.size !== null && body.length !== wanted.size) throw new PullFailure(stage, null, "size differs");
    if (`sha256:${hash("sha256", body)}` !== wanted.digest) throw new PullFailure(stage, null, "digest differs");
    return body;
  };

  let manifest = parseObject(await fetch("manifest", "manifests", { digest, size: null }, acceptManifest));
  if (Array.isArray(manifest["manifests"])) {
    const child = descriptor("manifest", manifest["manifests"].find(isLinux));
    manifest = parseObject(await fetch("manifest", "manifests", child, acceptManifest));
  }
  const { layers } = manifest;
  if (!Array.isArray(layers) || layers.length > layersMax) throw new PullFailure("manifest", null, "no image manifest");
  const config = descriptor("config", manifest["config"]);
  const waiting = layers.map((layer: unknown) => descriptor("layer", layer));
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await fetch("layer", "blobs", next, "*/*");
  };
  const workers = Array.from({ length: Math.min(layersAtOnce, waiting.length) }, worker);
  const outcomes = await Promise.allSettled([fetch("config", "blobs", config, "*/*"), ...workers]);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

function descriptor(stage: PullStage, value: unknown): Descriptor {
  const { digest, size } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (!isDigest(digest) || typeof size !== "number") throw new PullFailure(stage, null, "manifest names no content");
  return { digest, size };
}

function isDigest(value: unknown): value is string {
  return typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value);
}

function isLinux(value: unknown): boolean {
  const { platform } = (typeof value === "object" && value !== null ? value : {}) as { platform?: { os?: unknown } };
  return platform?.os === "linux";
}
