import pLimit from "p-limit";
import type { Act } from "../protocol/settings.ts";
import { logDefect } from "./defect.ts";
import { type HomeRun, runHome, runSite, type SiteRun } from "./run-credential.ts";
import { credentialOf, sitesOf, type TickInputs } from "./settings.ts";
import type { Tools } from "./tools.ts";

const credentialsAtOnceMax = 4;
const dayMs = 86_400_000;

export interface TickRequest {
  /** Sites whose runners are played; home's work is done by the runner of the home site. */
  readonly sites: readonly string[];
  /** Empty: all. */
  readonly credentials: readonly string[];
  /** Per credential: what an operator asked for. */
  readonly acts: Readonly<Record<string, Act>>;
  /** Sites open their next wave of targets whatever the one before came to. Absent: not. */
  readonly resume?: boolean | undefined;
  /** Latest end of the tick; null: by each credential's `tickDeadline`. */
  readonly deadlineMs: number | null;
  /** When it fires no new call is made: what is under way ends, and is written down. Credentials not begun yet have no runs. */
  readonly signal?: AbortSignal | undefined;
}

export interface TickResult {
  /** In every log line of this tick. */
  readonly tick: string;
  readonly runs: readonly (HomeRun | SiteRun)[];
  readonly nextAtMs: number;
}

/** One tick: every credential as far as it is safe before the deadline. One failure never stops the rest. */
export async function tick(tools: Tools, request: TickRequest): Promise<TickResult> {
  const id = tools.entropy.hex(8);
  const names = request.credentials.length > 0 ? request.credentials : Object.keys(tools.config.credentials);
  const limit = pLimit(credentialsAtOnceMax);
  const { owner, free } = tools.owners.take();
  const runs = await Promise.all(
    names.map((name) => limit(() => tickCredential(tools, name, { id, owner }, request))),
  ).finally(free);
  return {
    tick: id,
    runs: runs.flat(),
    nextAtMs: Math.min(...runs.map(comeBackAtMs), tools.clock.nowMs() + dayMs),
  };
}

/** For one credential: as its first run wants it, but not before whoever asked to be left alone may be asked again. */
function comeBackAtMs(runs: readonly (HomeRun | SiteRun)[]): number {
  const wantedMs = Math.min(...runs.map((run) => run.outcome.nextAtMs));
  return Math.max(wantedMs, ...runs.map((run) => run.leftAloneUntilMs ?? 0));
}

async function tickCredential(
  tools: Tools,
  name: string,
  { id, owner }: { readonly id: string; readonly owner: string },
  request: TickRequest,
): Promise<readonly (HomeRun | SiteRun)[]> {
  if (request.signal?.aborted === true) return [];
  const { home, limits, ...credential } = credentialOf(tools.config, name);
  const nowMs = tools.clock.nowMs();
  const deadlineMs = Math.min(request.deadlineMs ?? Number.MAX_SAFE_INTEGER, nowMs + limits.tickDeadlineMs);
  const { signal, resume } = request;
  const inputs: TickInputs = { nowMs, entropy: tools.entropy, owner, deadlineMs, signal, resume };
  const stopped = (role: "home" | "site", site: string, error: unknown) => {
    const problem = logDefect(tools.log, { tick: id, credential: name, site, role }, error);
    return { end: "blocked" as const, nextAtMs: tools.clock.nowMs() + limits.pollMs, problems: [problem] };
  };
  const runs: (HomeRun | SiteRun)[] = [];
  // Home first: what it flips, its own site hands out in the same tick.
  if (request.sites.includes(home)) {
    const run = runHome(tools, name, id, inputs, request.acts[name] ?? null).catch((error: unknown): HomeRun => {
      const outcome = { ...stopped("home", home, error), waits: [] };
      return {
        role: "home",
        credential: name,
        site: home,
        outcome,
        ledger: null,
        actDone: false,
        leftAloneUntilMs: null,
      };
    });
    runs.push(await run);
  }
  const sites = sitesOf({ home, sites: credential.sites }).filter((site) => request.sites.includes(site));
  const siteRuns = sites.map((site) =>
    runSite(tools, name, site, id, inputs).catch((error: unknown): SiteRun => {
      const outcome = { ...stopped("site", site, error), report: null };
      return { role: "site", credential: name, site, outcome, accountsAbsent: 0, leftAloneUntilMs: null };
    }),
  );
  return [...runs, ...(await Promise.all(siteRuns))];
}

/** Nothing is left to do for these credentials, by the word of their home. */
export function isIdle(result: TickResult): boolean {
  return result.runs.every((run) => run.role === "site" || run.outcome.end === "idle");
}
