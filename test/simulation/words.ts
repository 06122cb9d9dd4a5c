import type { PortCall } from "../../core/engine/calls.ts";

/** A call in one line, for stories. */
export function describe(call: PortCall): string {
  const { call: name, on, ...rest } = call;
  if (call.call === "ledger.save") return `${name} ${call.key} ${ledgerWords(call.text)}`;
  return `${name} ${on} ${JSON.stringify(rest).slice(0, 220)}`;
}

/** Where a ledger stands, in few words. */
function ledgerWords(text: string): string {
  const { epoch, current, next, replaced, round, report, abandoned } = JSON.parse(text);
  if (replaced === undefined)
    return `epoch ${epoch}, report ${report === null ? "none" : JSON.stringify({ ...report, ledgerId: undefined })}`;
  const records = replaced.map((one: { generation: number; state: string }) => `g${one.generation} ${one.state}`);
  return [
    `epoch ${epoch}`,
    `current ${current === null ? "none" : `g${current.generation}`}`,
    `next ${next === null ? "none" : `g${next.generation} ${next.attempt} ${next.state}${next.rollBack ? " (roll back)" : ""}`}`,
    `replaced ${records.join(", ") || "none"}`,
    `round ${round === null ? "none" : `${round.id.slice(0, 8)} for ${round.generations}`}`,
    `${abandoned.length} given up`,
  ].join("; ");
}
