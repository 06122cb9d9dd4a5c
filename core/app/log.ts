/** One line of a log: names, counts and words of ours; never a secret, never a server's text. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  /** Correlation id: the same in every line of a tick. */
  readonly tick: string;
  readonly credential?: string;
  readonly site?: string;
  readonly role?: "home" | "site";
  readonly code?: string;
  readonly call?: string;
  readonly on?: string;
  readonly outcome?: string;
  readonly tookMs?: number;
  /** Where a defect of ours was thrown: lines of its stack, without its message. */
  readonly frames?: readonly string[];
}

export type Log = (line: LogLine) => void;
