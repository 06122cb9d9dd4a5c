import { setTimeout as wait } from "node:timers/promises";
import { PortError } from "../../../core/ports/errors.ts";
import { type Canary, Outlets } from "../../scenarios/leaks.ts";
import { plantedCanary } from "./texts.ts";

export type Outcome =
  | { readonly is: "value"; readonly value: unknown }
  | { readonly is: "error"; readonly error: unknown }
  | { readonly is: "hang" };

/** Far beyond every limit of a driver under test; nothing is measured by it. */
const hangMs = 60_000;

export async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome> {
  const giveUp = new AbortController();
  const hang = wait(hangMs, undefined, { signal: giveUp.signal, ref: false }).then(
    (): Outcome => ({ is: "hang" }),
    (): Outcome => ({ is: "hang" }),
  );
  const ends = call().then(
    (value): Outcome => ({ is: "value", value }),
    (error: unknown): Outcome => ({ is: "error", error }),
  );
  const first = await Promise.race([ends, hang]);
  giveUp.abort();
  return first;
}

const kinds = ["not-found", "conflict", "denied", "throttled", "unreachable", "invalid"];
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a log line or a terminal must not get
const unprintable = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/;
const messageCharactersMax = 1_500;
const waitMsMax = 86_400_000;

/** What is wrong with an error that crosses a port. `place`: what its message must name besides the system. */
export function complaintsAbout(error: unknown, place: RegExp, canaries: readonly Canary[]): readonly string[] {
  if (!(error instanceof PortError)) return [`no PortError: ${error instanceof Error ? error.stack : typeof error}`];
  const { kind, message, operation, retryAfterMs } = error;
  const complaints: string[] = [];
  if (!kinds.includes(kind)) complaints.push(`kind ${kind}`);
  if (operation === "" || !place.test(message)) complaints.push(`names no place: ${message}`);
  if (unprintable.test(message)) complaints.push(`unprintable characters in: ${JSON.stringify(message)}`);
  if (message.length > messageCharactersMax) complaints.push(`a message of ${message.length} characters`);
  const waits = retryAfterMs ?? 0;
  if (!Number.isFinite(waits) || waits < 0 || waits > waitMsMax) complaints.push(`retryAfterMs ${waits}`);
  return [...complaints, ...leaksOf(error, canaries)];
}

/** Secrets, and what was planted, wherever they stand in something that is let out. */
export function leaksOf(out: unknown, canaries: readonly Canary[]): readonly string[] {
  const outlets = new Outlets();
  outlets.add("error", out);
  if (out instanceof Error) outlets.add("error", out.message, String(out.stack), out.cause);
  return outlets.search([plantedCanary, ...canaries]).map((leak) => `leaks: ${leak}`);
}
