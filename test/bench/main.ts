import { fileURLToPath } from "node:url";
import { InvalidArgumentError, Option } from "commander";
import { program, wholeNumber } from "../options.ts";
import { benchClusters } from "./clusters/bench.ts";

interface Options {
  readonly only?: "real" | "sandbox";
  readonly clusters: number;
  readonly namespaces: number;
  readonly rounds: number;
  readonly sizes: readonly number[];
  readonly write?: boolean;
}

const targetsMax = 100_000;

/** `1000,10000`: each a whole number. Throws InvalidArgumentError. */
function sizesOf(text: string): readonly number[] {
  return text.split(",").map((one) => {
    const size = wholeNumber()(one);
    if (size > targetsMax) throw new InvalidArgumentError(`It takes at most ${targetsMax} targets.`);
    return size;
  });
}

const about = `Hands pull Secrets out on a real kube-apiserver beside a raw loop in Go, and on the sandbox by number of targets.
The servers are compiled once: npm run test:conformance -- kubernetes --prepare (ten minutes).`;

await program("bench", "Measures speed, memory and requests.", (command) => {
  command
    .command("clusters")
    .description(about)
    .helpOption("--help", "print this")
    .addOption(new Option("--only <part>", "one of the two").choices(["real", "sandbox"]))
    .option("--clusters <n>", "parts of the real server, and clusters of the sandbox", wholeNumber(), 20)
    .option("--namespaces <n>", "in each, on the real server", wholeNumber(), 500)
    .option("--rounds <n>", "interleaved rounds on the real server", wholeNumber(), 3)
    .option("--sizes <a,b,…>", "targets on the sandbox", sizesOf, [1_000, 10_000, 100_000])
    .option("--write", "write the report and its plot to test/bench/")
    .action(({ only, write, ...options }: Options) => {
      const out = write ? fileURLToPath(new URL(".", import.meta.url)) : null;
      return benchClusters({ ...options, only: only ?? null, out });
    });
});
