import { PortError } from "../ports/errors.ts";

type Call = (...args: readonly unknown[]) => Promise<unknown>;

/**
 * The same port, whose system is left alone for as long as it asked for (`PortError.retryAfterMs`): until then each
 * call is `throttled` without being made, whichever credential or tick it comes from. What our own pace held back
 * (`over-rate`) says nothing of the system.
 */
export function heedRetryAfter<Port extends object>(port: Port, nowMs: () => number): Port {
  let untilMs = Number.NEGATIVE_INFINITY;
  let asking = "";
  const heeding = (name: string, call: Call): Call => {
    return async (...args) => {
      const leftMs = untilMs - nowMs();
      if (leftMs > 0) throw leftAlone(asking, name, leftMs);
      try {
        return await call(...args);
      } catch (error) {
        if (error instanceof PortError && error.retryAfterMs !== undefined && error.reason !== "over-rate") {
          untilMs = Math.max(untilMs, nowMs() + error.retryAfterMs);
          asking = error.system;
        }
        throw error;
      }
    };
  };
  const calls = Object.entries(port as Readonly<Record<string, Call>>);
  return Object.fromEntries(calls.map(([name, call]) => [name, heeding(name, call)])) as Port;
}

function leftAlone(system: string, operation: string, leftMs: number): PortError {
  const message = `${system}: ${operation}: not sent, it asked to be left alone for another ${Math.ceil(leftMs / 1_000)} s`;
  return new PortError("throttled", message, { system, operation, retryAfterMs: leftMs });
}
