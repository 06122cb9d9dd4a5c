import { formatSpan } from "../../../core/schedule/span.ts";
import type { CloudName } from "../facts.ts";
import type { CloudWrites } from "./store-writes.ts";
import type { StoreAtEnd } from "./stores.ts";

/** The document of `--json`. */
export interface DemoReport {
  readonly pulls: number;
  readonly failedPulls: number;
  /** By the state of the rotation in which they began. */
  readonly pullsByState: Readonly<Record<string, number>>;
  /** Least pulls that any namespace made during any rotation. */
  readonly pullsPerNamespaceMin: number;
  readonly rotations: number;
  /** Robots at Harbor with our mark. */
  readonly robotsLeft: number;
  readonly stores: Readonly<
    Record<CloudName, { readonly versions: number; readonly current: string | null; readonly epoch: number | null }>
  >;
  /** Per replaced robot: promotion of its successor → last moment at which a bearer of it is accepted. */
  readonly exposureMs: readonly number[];
  /** Writes of pull Secrets at all API servers. */
  readonly writes: number;
  /** Writes of values and ledgers in one rotation; of several the most. */
  readonly storeWrites: CloudWrites;
  readonly fault: {
    readonly name: string;
    readonly fired: number;
    readonly firstMs: number | null;
    readonly healedMs: number | null;
  } | null;
  readonly wallMs: number;
  readonly seed: number;
  /** Promises that did not hold, in words; empty: all held. */
  readonly broken: readonly string[];
}

export function storesForReport(stores: Readonly<Record<CloudName, StoreAtEnd>>): DemoReport["stores"] {
  const view = ({ versions, current, epoch }: StoreAtEnd) => ({ versions, current, epoch });
  return { aws: view(stores.aws), azure: view(stores.azure), gcp: view(stores.gcp) };
}

const clouds: readonly CloudName[] = ["aws", "azure", "gcp"];

/** The same for people. */
export function renderReport(report: DemoReport): readonly string[] {
  const { stores, fault } = report;
  const during = Object.entries(report.pullsByState).map(([state, count]) => `${state} ${count}`);
  const store = (name: CloudName) =>
    `${name}: ${stores[name].versions} version${stores[name].versions === 1 ? "" : "s"}, epoch ${stores[name].epoch ?? "none"}`;
  const cost = (name: CloudName) => {
    const { values, ledgers } = report.storeWrites[name];
    return `${name} ${values} and ${ledgers}`;
  };
  return [
    "",
    `pulls      ${report.pulls} made, ${report.failedPulls} failed (at least ${report.pullsPerNamespaceMin} per namespace in each rotation)`,
    `           by state: ${during.join(", ")}`,
    `rotations  ${report.rotations}`,
    `robots     ${report.robotsLeft} left at Harbor`,
    `stores     ${clouds.map(store).join("; ")}`,
    `exposure   ${report.exposureMs.map((ms) => formatSpan(ms)).join(", ")} (promotion of the successor until the last bearer of the old robot ends)`,
    `writes     ${report.writes} of pull Secrets`,
    `           per rotation, values and ledgers: ${clouds.map(cost).join(", ")} (one more where runners met or a tick was cut short)`,
    ...(fault === null ? [] : [`fault      ${fault.name} fired ${fault.fired} time${fault.fired === 1 ? "" : "s"}`]),
    `time       ${formatSpan(report.wallMs)}, seed ${report.seed}`,
    ...(report.broken.length === 0
      ? ["", "every promise held"]
      : ["", "BROKEN:", ...report.broken.map((text) => `  ${text}`)]),
  ];
}
