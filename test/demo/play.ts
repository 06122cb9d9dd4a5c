import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plugin } from "esbuild";
import type { DemoRun, DemoStrategy } from "../../functions/sandbox/demo/options.ts";
import type { DemoReport } from "../../functions/sandbox/demo/report.ts";
import { runDemo } from "../../functions/sandbox/demo/run.ts";
import type { CloudName } from "../../functions/sandbox/facts.ts";
import { bundle } from "../../infra/bundle/bundle.ts";
import { bundleTargets } from "../../infra/bundle/targets.ts";

export type Bundles = Readonly<Record<CloudName, string>>;

/** Builds of the three functions in folders of their own. */
export class Builds {
  readonly #folders: string[] = [];

  async build(plugins: readonly Plugin[] = []): Promise<Bundles> {
    const folder = mkdtempSync(join(tmpdir(), "capstan-bundles-"));
    this.#folders.push(folder);
    const clouds = bundleTargets.filter(({ name }) => name !== "cli");
    await Promise.all(clouds.map((target) => bundle(target, folder, plugins)));
    return {
      aws: join(folder, "aws/index.mjs"),
      azure: join(folder, "azure/index.mjs"),
      gcp: join(folder, "gcp/index.mjs"),
    };
  }

  remove(): void {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}

export interface Play {
  readonly strategy: DemoStrategy;
  readonly fault: string | null;
  readonly how: Omit<DemoRun, "options" | "bundles" | "say">;
}

/** One rotation through a small fleet, with this fault. Throws `DemoFailure` where it does not come to its end. */
export function play(bundles: Bundles, { strategy, fault, how }: Play): Promise<DemoReport> {
  const options = { json: true, strategy, rotations: 1, clusters: 3, namespaces: 4, seed: 1, fault };
  return runDemo({ ...how, options, bundles, say: () => {} });
}
