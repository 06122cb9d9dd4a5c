import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { benchClusters } from "./clusters/bench.ts";

const help = `usage: npm run bench -- clusters [options]

Hands pull Secrets out on a real kube-apiserver beside a raw loop in Go, and on the sandbox by number of targets.
The servers are compiled once: npm run test:conformance -- kubernetes --prepare (ten minutes).

  --only real|sandbox  one of the two
  --clusters N         (default 20)
  --namespaces N       in each, on the real server (default 500)
  --rounds N           interleaved rounds on the real server (default 3)
  --sizes A,B,…        targets on the sandbox (default 1000,10000,100000)
  --write              write the report and its plot to test/bench/
  --help               this text`;

function refuse(text: string): never {
  process.stderr.write(`${text}; --help lists the options\n`);
  process.exit(64);
}

function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        only: { type: "string" },
        clusters: { type: "string", default: "20" },
        namespaces: { type: "string", default: "500" },
        rounds: { type: "string", default: "3" },
        sizes: { type: "string", default: "1000,10000,100000" },
        write: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : "wrong usage");
  }
}

const { values, positionals } = read();
const count = (name: string, text: string, max: number): number => {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1 && number <= max) return number;
  return refuse(`--${name} takes whole numbers from 1 to ${max}`);
};
const { only = null } = values;
if (values.help) process.stdout.write(`${help}\n`);
else if (positionals.join(" ") !== "clusters") refuse("say what to measure: clusters");
else if (only !== null && only !== "real" && only !== "sandbox") refuse("--only takes real or sandbox");
else
  await benchClusters({
    only,
    clusters: count("clusters", values.clusters, 99),
    namespaces: count("namespaces", values.namespaces, 5_000),
    rounds: count("rounds", values.rounds, 7),
    sizes: values.sizes.split(",").map((text) => count("sizes", text, 100_000)),
    out: values.write ? fileURLToPath(new URL(".", import.meta.url)) : null,
  });
