import type { HomeLedger } from "../../../core/protocol/state.ts";
import type { Sandbox } from "../start.ts";

/** The home's ledger as it stands in the sandbox's DynamoDB: read from outside, to print and to measure by. */
export function readDemoLedger(sandbox: Sandbox, installation: string, credential: string): HomeLedger | null {
  const item = sandbox.aws.item("capstan", `${installation}/${credential}`) as
    | { text?: { S?: string } }
    | null
    | undefined;
  const text = item?.text?.S;
  return text === undefined ? null : (JSON.parse(text) as HomeLedger);
}

/** Where a rotation stands, in one word: what pulls are sorted by. */
export type Phase = "idle" | "minting" | "staged" | "proven" | "handing-out" | "draining" | "retiring";

export function phaseOf(ledger: HomeLedger | null): Phase {
  if (ledger === null) return "idle";
  if (ledger.next !== null) return ledger.next.state;
  const states = new Set(ledger.replaced.map((record) => record.state));
  if (states.has("held")) return "handing-out";
  if (states.has("draining")) return "draining";
  return states.has("retiring") ? "retiring" : "idle";
}
