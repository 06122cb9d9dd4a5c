import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { bundle } from "../../../infra/bundle/bundle.ts";
import { stop } from "../../conformance/processes.ts";
import { memoryMaxBytes } from "./memory.ts";
import type { Answer, Question } from "./product-child.ts";

/** What `serverless.yml` sets for Node; agents get the same (`test/bundle/serverless.test.ts`). */
export function shippedFlags(): string {
  const file = new URL("../../../serverless.yml", import.meta.url);
  // Tags of CloudFormation are nothing to us.
  const { provider } = parse(readFileSync(file, "utf8"), { logLevel: "error" });
  return String(provider.environment.NODE_OPTIONS);
}

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
    const options = { env: { ...env, HOME: folder, NODE_OPTIONS: shippedFlags() }, execArgv: [] };
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

/** Greatest memory of a Node that does nothing, under the same flags, bytes: as `memoryMaxBytes` tells it of the product. */
export function bareNodeBytes(): number {
  const script = `console.log((${memoryMaxBytes})(require("node:fs").readFileSync("/proc/self/status", "utf8")))`;
  const env = { NODE_OPTIONS: shippedFlags() };
  const { stdout } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8", env });
  return Number(stdout);
}
