import { lookAtHome, lookAtSite, type SiteLook } from "./inspect.ts";
import { trustProblems } from "./inspect-trusts.ts";
import { type InvokedRun, type InvokeResult, invokeResult } from "./invoke-result.ts";
import { credentialOf, sitesOf, type TickInputs } from "./settings.ts";
import type { Tools } from "./tools.ts";

/** Where these credentials stand, as seen from these sites; changes nothing. */
export async function look(
  tools: Tools,
  credentials: readonly string[],
  sites: readonly string[],
  latestMs: number | null,
): Promise<InvokeResult> {
  const nowMs = tools.clock.nowMs();
  const names = credentials.length > 0 ? credentials : Object.keys(tools.config.credentials);
  const runs: InvokedRun[] = [];
  for (const credential of names) {
    const configured = credentialOf(tools.config, credential);
    const { home, limits } = configured;
    const deadlineMs = Math.min(latestMs ?? Number.MAX_SAFE_INTEGER, nowMs + limits.tickDeadlineMs);
    const inputs: TickInputs = { nowMs, entropy: tools.entropy, owner: tools.owners.next, deadlineMs };
    if (sites.includes(home)) runs.push(await lookHome(tools, credential, home, inputs));
    for (const site of sitesOf(configured)) {
      if (sites.includes(site)) runs.push(await lookSite(tools, credential, site, inputs));
    }
  }
  return invokeResult(tools.entropy.hex(8), nowMs, runs);
}

async function lookHome(tools: Tools, credential: string, site: string, inputs: TickInputs): Promise<InvokedRun> {
  const [seen, missing] = await Promise.all([lookAtHome(tools, credential, inputs), trustProblems(tools, credential)]);
  const { state, wouldDo, waits } = seen;
  const problems = [...seen.problems, ...missing];
  const { ledger } = state;
  const blocked = problems.some((problem) => problem.blocks);
  return {
    credential,
    role: "home",
    site,
    end: blocked ? "blocked" : wouldDo.length + waits.length > 0 ? "waiting" : "idle",
    problems,
    waits: [...waits, ...wouldDo.map((text) => `next: ${text}`)],
    ...(ledger === null ? {} : { epoch: ledger.epoch }),
    ...(ledger?.current ? { generation: ledger.current.generation } : {}),
  };
}

async function lookSite(tools: Tools, credential: string, site: string, inputs: TickInputs): Promise<InvokedRun> {
  const seen = await lookAtSite(tools, credential, site, inputs);
  const { looked, wanted, served, problems } = seen;
  return { credential, role: "site", site, end: endOf(seen), problems, ...(looked ? { served, wanted } : {}) };
}

function endOf({ looked, wanted, served, problems }: SiteLook): InvokedRun["end"] {
  if (problems.some((problem) => problem.blocks)) return "blocked";
  if (looked) return served < wanted ? "waiting" : "served";
  return problems.some((problem) => problem.code === "no-value") ? "nothing" : "waiting";
}
