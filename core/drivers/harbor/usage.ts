import { PortError } from "../../ports/errors.ts";
import type { UsageVerdict } from "../../ports/usage.ts";
import type { Api } from "./api.ts";
import type { ProbePull } from "./probe-pull.ts";
import { encodeQ } from "./query.ts";
import { auditReply, readReply } from "./replies.ts";
import { parseVersion } from "./version.ts";
import { askWhoami } from "./whoami.ts";

const operation = "usage";

/** Since 2.13 pulls are written to another table, and the old one answers with silence (harbor.md §3). */
function auditPath(version: string): string {
  return parseVersion(version).atLeast(2, 13) ? "/auditlog-exts" : "/audit-logs";
}

interface SeenPull {
  readonly atMs: number;
  /** `project/repository:tag` or `…@sha256:…`. */
  readonly resource: string | undefined;
}

/** The newest pull after `sinceMs`, of one name or of anybody; null: none in the log. */
async function newestPull(api: Api, path: string, sinceMs: number, username: string | null): Promise<SeenPull | null> {
  // Whole seconds, UTC, is what the log's filter takes for sure; the rest is compared here.
  const since = new Date(sinceMs).toISOString().slice(0, 19);
  const q = encodeQ([
    ["operation", "=", "pull"],
    ["resource_type", "=", "artifact"],
    ["op_time", "=", `[${since}~]`],
    ...(username === null ? [] : [["username", "=", username] as const]),
  ]);
  if (q === null) throw new PortError("invalid", "this name cannot be asked for", { system: "harbor", operation });
  const query = `${q}&sort=-op_time&page=1&page_size=1`;
  const reply = await api.call({ method: "GET", path: `${path}?${query}`, operation, right: "audit-log:list" }, 200);
  const [row] = readReply(auditReply, reply, operation);
  if (row === undefined || (username !== null && row.username !== username)) return null;
  const atMs = Date.parse(row.op_time);
  return atMs > sinceMs ? { atMs, resource: row.resource } : null;
}

/** Who reads the log, and perhaps a pull of our own to prove that it is written. */
export interface Evidence {
  readonly log: Api;
  readonly pull: (() => Promise<ProbePull>) | null;
  readonly sleep: (ms: number) => Promise<void>;
}

const pollMs = 200;
const pollsMax = 10;

/** Does the log show our own pull? Rows are listed within 0.2 s (harbor.md §3); two seconds are given. */
async function showsOurs({ log, sleep }: Evidence, path: string, { username, sinceMs }: ProbePull): Promise<boolean> {
  for (let poll = 0; poll < pollsMax; poll += 1) {
    if ((await newestPull(log, path, sinceMs, username)) !== null) return true;
    await sleep(pollMs);
  }
  return false;
}

/**
 * A caller without `audit-log:list` gets an empty list and no error, and pull auditing can be off
 * without a trace; so silence counts only where a pull is in the log: one that we made just now, else
 * somebody's since then (harbor.md §3).
 */
export async function askUsage(evidence: Evidence, username: string, sinceMs: number): Promise<UsageVerdict> {
  const { log, pull } = evidence;
  try {
    const path = auditPath((await askWhoami(log)).version);
    const last = await newestPull(log, path, sinceMs, username);
    if (last !== null) {
      const { atMs: lastSeenMs, resource } = last;
      return { verdict: "in-use", lastSeenMs, ...(resource === undefined ? {} : { resource }) };
    }
    if (pull !== null) {
      if (await showsOurs(evidence, path, await pull())) return { verdict: "quiet" };
      const why = "the audit log does not show a pull made just now: it is off, or its reader lacks audit-log:list";
      return { verdict: "no-evidence", why };
    }
    if ((await newestPull(log, path, sinceMs, null)) !== null) return { verdict: "quiet" };
    return {
      verdict: "no-evidence",
      why: "no pull of anybody in the audit log since then: it may be off, or the issuer lacks audit-log:list",
    };
  } catch (error) {
    return { verdict: "no-evidence", why: error instanceof PortError ? error.message : "the audit log was not read" };
  }
}
