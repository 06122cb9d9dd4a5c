import type { LogLine } from "../../core/app/log.ts";

type Level = LogLine["level"];

const levels: readonly Level[] = ["debug", "info", "warn", "error"];
/** Cloud Logging reads `severity`; the others take `level`. */
const severities: Readonly<Record<Level, string>> = { debug: "DEBUG", info: "INFO", warn: "WARNING", error: "ERROR" };
const defaultLevel: Level = "info";

export interface JsonLogOptions {
  readonly write: (line: string) => void;
  readonly scrub: (text: string) => string;
  readonly nowMs: () => number;
  /** Least level written, as CAPSTAN_LOG_LEVEL says; `info` where it is absent or none of the four. */
  readonly level: string | undefined;
}

/** One line of JSON per record. */
export type JsonLog = (record: Omit<LogLine, "tick"> & { readonly tick?: string }) => void;

/** The last thing before a line leaves the process: level, time, and known secrets taken out of every text. */
export function createJsonLog({ write, scrub, nowMs, level }: JsonLogOptions): JsonLog {
  const least = levels.indexOf(levels.find((known) => known === level) ?? defaultLevel);
  return (record) => {
    if (levels.indexOf(record.level) < least) return;
    const head = { time: new Date(nowMs()).toISOString(), severity: severities[record.level] };
    write(`${JSON.stringify(scrubTexts({ ...head, ...record }, scrub))}\n`);
  };
}

/** Each text by itself: scrubbing the finished JSON could tear an escape apart. */
export function scrubTexts<Value>(value: Value, scrub: (text: string) => string): Value {
  const walk = (node: unknown): unknown => {
    if (typeof node === "string") return scrub(node);
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, walk(child)]));
  };
  return walk(value) as Value;
}
