import type { Problem } from "../../core/protocol/home-state.ts";
import type { StandingDocument } from "./home-document.ts";
import { type Health, renderHealth, renderTable, type TableStyle } from "./table.ts";
import { formatRelative } from "./time.ts";

type Standing = StandingDocument & {
  readonly credential: string;
  readonly waits: readonly string[];
  readonly problems: readonly Problem[];
};

/** The part that `plan` and `status` have in common: state, current generation, due date, replaced ones, problems. */
export function standingLines(standing: Standing, style: TableStyle): readonly string[] {
  const { credential, current, epoch, next, replaced, problems, waits } = standing;
  const of = standing.entry === credential ? "" : ` (${standing.entry} at ${standing.registry})`;
  const lines = [`${style.paint("bold", credential)}${of}  ${renderHealth(healthOf(standing), standing.state, style)}`];
  if (current !== null) {
    const expiry = current.expiresAt === null ? "never expires" : `expires ${at(current.expiresAt)}`;
    const revoked = current.revoked ? ", revoked" : "";
    lines.push(`  generation ${current.generation} (${current.username}), epoch ${epoch}, ${expiry}${revoked}`);
  }
  if (next !== null) lines.push(`  next: generation ${next.generation} is ${next.state} (${next.reason})`);
  lines.push(...dueLines(standing));
  if (replaced.length > 0) {
    const rows = replaced.map((record) => [
      String(record.generation),
      record.username,
      record.state,
      record.heldBy ?? drainText(record),
    ]);
    lines.push(...renderTable(["replaced", "robot", "state", "held by"], rows, style).map((line) => `  ${line}`));
  }
  lines.push(...waits.map((wait) => `  ${renderHealth("warning", `waiting for ${wait}`, style)}`));
  lines.push(...problems.map(({ blocks, text }) => `  ${renderHealth(blocks ? "bad" : "warning", text, style)}`));
  return lines;
}

function drainText({ drainEndsAt, use }: Standing["replaced"][number]): string {
  const drain = drainEndsAt === null ? null : `drains until ${at(drainEndsAt)}`;
  return [drain, use].filter((text) => text !== null).join("; ");
}

function healthOf({ state, problems }: Standing): Health {
  if (state === "unknown" || problems.some(({ blocks }) => blocks)) return "bad";
  return state === "idle" && problems.length === 0 ? "good" : "warning";
}

function dueLines({ due }: Standing): readonly string[] {
  if (due === null) return [];
  const held = due.scheduleHeld ? ["  the schedule waits since a roll back"] : [];
  const date = due.at === null ? "  due: never" : `  due ${at(due.at)}: ${due.why}`;
  const latest = due.latestAt === null || due.reason === "expiry" ? "" : `; at latest ${due.latestAt}`;
  return [...held, `${date}${latest}`];
}

const at = (time: string): string => `${time} (${formatRelative(Date.parse(time), Date.now())})`;
