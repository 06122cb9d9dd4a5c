import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { bundle } from "../../infra/bundle/bundle.ts";
import { type BundleTarget, bundleTargets } from "../../infra/bundle/targets.ts";

export interface Built {
  /** Shared by all tests of this run: nobody writes there. */
  readonly folder: string;
  /** Path of a target's bundle. */
  path(name: BundleTarget["name"]): string;
}

const waitMs = 50;
const waitMsMax = 120_000;

function targetOf(name: BundleTarget["name"]): BundleTarget {
  const target = bundleTargets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`no target ${name}`);
  return target;
}

/** Built by whichever test claims it first; the others, in this process or another, wait for it. */
async function buildOnce(folder: string, name: BundleTarget["name"]): Promise<void> {
  const claim = join(folder, `${name}.claimed`);
  const done = join(folder, `${name}.done`);
  try {
    mkdirSync(claim);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const endMs = statSync(claim).birthtimeMs + waitMsMax;
    while (!existsSync(done)) {
      if (Date.now() > endMs) throw new Error(`the bundle ${name} was claimed and never built`);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    return;
  }
  await bundle(targetOf(name), folder);
  writeFileSync(done, "");
}

/** Path of the command line as it is shipped. */
export async function builtCli(): Promise<string> {
  return (await buildFor(["cli"])).path("cli");
}

/** These targets, built for this run of the tests: `dist/` is somebody else's. */
export async function buildFor(names: readonly BundleTarget["name"][]): Promise<Built> {
  const folder = inject("buildsFolder");
  await Promise.all(names.map((name) => buildOnce(folder, name)));
  return { folder, path: (name) => join(folder, targetOf(name).outFile) };
}
