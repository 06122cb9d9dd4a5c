import type { HomeLedger } from "../../../core/protocol/state.ts";
import type { CloudName } from "../facts.ts";
import type { Sandbox } from "../start.ts";
import type { DemoStrategy } from "./options.ts";

/** What a fault may look at and touch: the sandbox and the hosts of the functions, never the product. */
export interface DemoStage {
  readonly sandbox: Sandbox;
  readonly strategy: DemoStrategy;
  readonly nowMs: () => number;
  /** [0, 1), from the seed: the plan of faults. */
  readonly random: () => number;
  /** How long a fault that heals lasts at least. */
  readonly lastsMsMin: number;
  /** The home's ledger as it stands in DynamoDB now. */
  ledger(): HomeLedger | null;
  /** Ends the process (worker thread) of a cloud's function from outside, wherever it is. */
  kill(cloud: CloudName): void;
  /** Ticks that a cloud's function has finished so far. */
  ticks(cloud: CloudName): number;
  readonly namespaces: number;
}

/** A fault while it lasts. Times in milliseconds since the epoch. */
export interface ActiveFault {
  fired(): number;
  firstMs(): number | null;
  healedMs(): number | null;
  /** Called often: heals what has lasted long enough. */
  look(): void;
  /** Every event is sent so many times at once, to so many runners; `late`: an operator's once more after its promotion. */
  readonly copies?: { readonly runners: number; readonly events: number; readonly late: boolean };
  /** Told when copies were really sent. */
  sent?(): void;
}

export interface DemoFault {
  readonly name: string;
  /** One line for `--list-faults`. */
  readonly line: string;
  /** The one strategy that does what it disturbs; absent: all. */
  readonly only?: DemoStrategy;
  begin(stage: DemoStage): ActiveFault;
}
