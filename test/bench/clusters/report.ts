import type { Answer } from "./product-child.ts";
import type { RawResult } from "./raw.ts";
import type { RealRun } from "./real.ts";
import type { SizeRun } from "./sizes.ts";

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[middle - 1 + (sorted.length % 2)], sorted[middle]];
  return (low + high) / 2;
}

const mib = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
const megabytes = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`;
const productRate = ({ served, handOutMs }: Answer) => (served * 1000) / handOutMs;
const rawRate = ({ applies, tookMs }: RawResult) => (applies * 1000) / tookMs;

export interface RealFigures {
  readonly productPerSecond: number;
  readonly rawPerSecond: number;
  /** Of the medians. */
  readonly ratio: number;
  readonly requestsPerSecret: number;
  readonly rssAboveBareBytes: number;
  readonly cpuMsPerSecret: number;
}

export function figuresOf(run: RealRun): RealFigures {
  const [productPerSecond, rawPerSecond] = [
    median(run.rounds.map(({ product }) => productRate(product))),
    median(run.rounds.map(({ raw }) => rawRate(raw))),
  ];
  const rss = Math.max(...run.rounds.map(({ product }) => product.rssMaxBytes));
  return {
    productPerSecond,
    rawPerSecond,
    ratio: productPerSecond / rawPerSecond,
    requestsPerSecret: median(run.rounds.map(({ product }) => product.requests / product.served)),
    rssAboveBareBytes: rss - run.bareNodeBytes,
    cpuMsPerSecret: median(run.rounds.map(({ product }) => product.cpuMs / product.served)),
  };
}

const row = (...cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;

export function realTable(run: RealRun): readonly string[] {
  const figures = figuresOf(run);
  const perCluster = run.secrets / run.clusters;
  const unchangedMax = 1 + Math.ceil(perCluster / 500);
  return [
    `On a real kube-apiserver: ${run.secrets} pull Secrets in ${run.clusters} clusters (prefixes on one server), ${run.rounds.length} interleaved rounds, medians.`,
    "",
    row("figure", "seen", "goal"),
    row("---", "---", "---"),
    row("Secrets served and read back per second", Math.round(figures.productPerSecond), ""),
    row("raw applies per second (Go, 32 in flight)", Math.round(figures.rawPerSecond), ""),
    row("the one ÷ the other", figures.ratio.toFixed(2), "≥ 1.0"),
    row("requests per Secret", figures.requestsPerSecret.toFixed(3), "≤ 1.1"),
    row("memory above bare Node, at most", megabytes(figures.rssAboveBareBytes), "≤ 128 MB"),
    row("CPU of the runner per Secret", `${figures.cpuMsPerSecret.toFixed(2)} ms`, ""),
    row("requests of a tick without a change, per cluster", run.unchanged.requestsPerClusterMax, `≤ ${unchangedMax}`),
    row(`writes where ${run.changedCount} Secrets were changed`, run.changed.writes, run.changedCount),
  ];
}

export function sizesTable(runs: readonly SizeRun[]): readonly string[] {
  return [
    `On the sandbox, ${runs[0]?.clusters} clusters: one rotation, and a tick without a change.`,
    "",
    row("targets", "hand-out", "per target", "requests per target", "tick without a change", "memory at most"),
    row("---", "---", "---", "---", "---", "---"),
    ...runs.map(({ targets, rotation, unchanged }) =>
      row(
        targets,
        `${(rotation.handOutMs / 1000).toFixed(1)} s`,
        `${(rotation.handOutMs / targets).toFixed(2)} ms`,
        (rotation.requests / targets).toFixed(3),
        `${(unchanged.handOutMs / 1000).toFixed(1)} s, ${unchanged.requests} requests`,
        mib(rotation.rssMaxBytes),
      ),
    ),
  ];
}
