import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../infra/bundle/bundle.ts";
import { type BundleTarget, bundleTargets } from "../../infra/bundle/targets.ts";

export interface Built {
  readonly folder: string;
  /** Path of a target's bundle. */
  path(name: BundleTarget["name"]): string;
  readonly sizesBytes: Readonly<Record<string, number>>;
  remove(): void;
}

function targetOf(name: BundleTarget["name"]): BundleTarget {
  const target = bundleTargets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`no target ${name}`);
  return target;
}

/** Builds these targets into a folder of its own: `dist/` is somebody else's. */
export async function buildFor(names: readonly BundleTarget["name"][]): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), "capstan-bundle-"));
  const sizes = await Promise.all(names.map(async (name) => [name, await bundle(targetOf(name), folder)] as const));
  return {
    folder,
    path: (name) => join(folder, targetOf(name).outFile),
    sizesBytes: Object.fromEntries(sizes),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
