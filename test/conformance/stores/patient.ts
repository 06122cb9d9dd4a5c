import { setTimeout as delay } from "node:timers/promises";
import { PortError } from "../../../core/ports/errors.ts";

const attemptsMax = 60;
const pauseMsDefault = 1_000;

type Calls = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;

/** The same port for a server with quotas: what is throttled is asked again when the server says, or in a second. */
export function patient<Port extends object>(port: Port): Port {
  const calls = port as unknown as Calls;
  const wrapped = Object.keys(calls).map((name) => [
    name,
    async (...args: readonly unknown[]) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await calls[name]?.(...args);
        } catch (error) {
          if (!(error instanceof PortError) || error.kind !== "throttled" || attempt === attemptsMax) throw error;
          await delay(error.retryAfterMs ?? pauseMsDefault);
        }
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Port;
}
