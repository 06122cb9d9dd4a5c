import diagnostics from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { tick } from "../../../core/app/tick.ts";
import type { Tools } from "../../../core/app/tools.ts";
import { loadConfig } from "../../../core/config/load.ts";
import { formatProblem } from "../../../core/config/problem.ts";
import type { Cluster } from "../../../core/ports/cluster.ts";
import { createSecretSource } from "../../../functions/compose/secrets.ts";
import { composeTools } from "../../../functions/compose/tools.ts";
import { memoryMaxBytes } from "./memory.ts";
import { partOf } from "./part-of.ts";

/** What the parent asks for, and gets back. */
export interface Question {
  readonly act: "rotate" | null;
}

export interface Answer {
  readonly served: number;
  readonly wanted: number;
  /** From the first request to a cluster to the last reply of one, milliseconds. */
  readonly handOutMs: number;
  /** To all clusters. */
  readonly requests: number;
  readonly writes: number;
  /** To the cluster that got the most. */
  readonly requestsPerClusterMax: number;
  /** Of this process since it began, bytes. */
  readonly rssMaxBytes: number;
  readonly cpuMs: number;
  readonly problems: readonly string[];
}

/** A whole runner as shipped, in a process of its own: it is told when to tick, and says what that took. */
const [path = "", prefixes = ""] = process.argv.slice(2);
const counts = new Map<string, number>();
let [firstMs, lastMs, writes] = [0, 0, 0];

interface Seen {
  readonly request: { readonly method: string; readonly path: string; readonly origin: string };
}
const clusterOf = ({ request }: Seen): string | null =>
  request.path.startsWith("/api/v1/")
    ? `${request.origin} ${/c\d+/.exec(decodeURIComponent(request.path))?.[0]}`
    : null;
diagnostics.subscribe("undici:request:create", (message) => {
  const cluster = clusterOf(message as Seen);
  if (cluster === null) return;
  firstMs ||= performance.now();
  counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  if ((message as Seen).request.method === "PATCH") writes += 1;
});
diagnostics.subscribe("undici:request:trailers", (message) => {
  if (clusterOf(message as Seen) !== null) lastMs = performance.now();
});

const { config, problems } = loadConfig({ path, readFile: (file) => readFileSync(file, "utf8"), env: process.env });
if (config === null) {
  process.stderr.write(`${problems.map(formatProblem).join("\n")}\n`);
  process.exit(78);
}
const composed = composeTools({
  config,
  sites: ["local"],
  env: process.env,
  secrets: createSecretSource(process.env),
  log: () => undefined,
});
const clusters = Object.entries(composed.ports.clusters).map(([name, cluster]): [string, Cluster] => [
  name,
  prefixes === "prefixes" ? partOf(cluster, name) : cluster,
]);
const tools: Tools = { ...composed, ports: { ...composed.ports, clusters: Object.fromEntries(clusters) } };

process.on("message", async ({ act }: Question) => {
  counts.clear();
  [firstMs, lastMs, writes] = [0, 0, 0];
  const cpu = process.cpuUsage();
  const acts = act === null ? {} : { pull: { type: act } };
  const { runs } = await tick(tools, { sites: ["local"], credentials: [], acts, deadlineMs: null });
  const used = process.cpuUsage(cpu);
  const report = runs.flatMap((run) => (run.role === "site" ? (run.outcome.report ?? []) : []))[0];
  const answer: Answer = {
    served: report?.served ?? 0,
    wanted: report?.wanted ?? 0,
    handOutMs: lastMs - firstMs,
    requests: [...counts.values()].reduce((sum, count) => sum + count, 0),
    writes,
    requestsPerClusterMax: Math.max(0, ...counts.values()),
    rssMaxBytes: memoryMaxBytes(readFileSync("/proc/self/status", "utf8")),
    cpuMs: (used.user + used.system) / 1000,
    problems: runs.flatMap((run) => run.outcome.problems.map(({ text }) => text)).slice(0, 3),
  };
  process.send?.(answer);
});
process.send?.("ready");
