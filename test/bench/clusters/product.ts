import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { bundle } from "../../../infra/bundle/bundle.ts";
import { stop } from "../../conformance/processes.ts";
import type { Answer, Question } from "./product-child.ts";

/** What `serverless.yml` sets: nothing but the function's memory. */
const shippedFlags: readonly string[] = [];

/** The runner in one file, bundled as the command is: no TypeScript is compiled at run time. */
async function bundled(folder: string): Promise<string> {
  const entry = "test/bench/clusters/product-child.ts";
  const shape = { external: [], executable: false, onDemand: true, files: {} };
  const outFile = "product.mjs";
  // Whatever stood in that folder is gone.
  const built = join(folder, "bundle");
  await bundle({ name: "cli", entry, outFile, ...shape }, built);
  return join(built, outFile);
}

/** One process of the product. */
export class Product {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** `prefixes`: all clusters are parts of one server. */
  static async start(
    folder: string,
    config: string,
    env: Readonly<Record<string, string>>,
    prefixes: boolean,
  ): Promise<Product> {
    const file = await bundled(folder);
    const options = { env: { ...env, HOME: folder }, execArgv: [...shippedFlags] };
    const child = fork(file, [config, prefixes ? "prefixes" : ""], options);
    await Promise.race([once(child, "message"), ended(child)]);
    return new Product(child);
  }

  /** One tick of home and site, with an operator's wish or without. Throws what it could not do. */
  async tick(act: Question["act"] = null): Promise<Answer> {
    this.#child.send({ act } satisfies Question);
    const [answer] = (await Promise.race([once(this.#child, "message"), ended(this.#child)])) as [Answer];
    return answer;
  }

  close(): Promise<void> {
    return stop(this.#child);
  }
}

async function ended(child: ChildProcess): Promise<never> {
  const [code] = await once(child, "exit");
  throw new Error(`the product ended with ${code}`);
}

/** Greatest memory of a Node that does nothing, under the same flags, bytes. */
export function bareNodeBytes(): number {
  const script = "console.log(process.resourceUsage().maxRSS * 1024)";
  const { stdout } = spawnSync(process.execPath, [...shippedFlags, "-e", script], { encoding: "utf8" });
  return Number(stdout);
}
