import { lookAtSite, type SiteLook } from "../../core/app/inspect.ts";
import { type IssuerLook, lookAtIssuer } from "../../core/app/inspect-issuer.ts";
import { lookAtTrusts, type StaticKeys, staticKeys, type TrustLook } from "../../core/app/inspect-trusts.ts";
import { type KeptRobot, keptRobots, lifeProblems } from "../../core/app/kept-lives.ts";
import { type PlannedStrategy, plannedStrategy } from "../../core/app/planned-strategy.ts";
import { credentialOf, sitesOf } from "../../core/app/settings.ts";
import { isAgentSite } from "../../core/config/agents.ts";
import { drainMsOf } from "../../core/config/complete.ts";
import type { Problem } from "../../core/protocol/home-state.ts";
import { type ExitCode, exitCode } from "./exit-codes.ts";
import { type StandingDocument, standingOf } from "./home-document.ts";
import { codeOfLook, lookHome, lookInputs } from "./look.ts";
import type { Session } from "./session.ts";

export interface PlannedCluster {
  readonly cluster: string;
  /** `namespace/name` of each pull Secret that the next tick would write. */
  readonly toWrite: readonly string[];
  /** Never written, and why. */
  readonly foreign: readonly { readonly target: string; readonly why: string }[];
}

export interface PlannedSite {
  readonly site: string;
  /** Null: not looked at, `problems` says why. */
  readonly wanted: number | null;
  readonly served: number | null;
  readonly clusters: readonly PlannedCluster[];
  /** The next tick writes this share of its targets, and so many keep their login until a later one; null: all is open. */
  readonly wave: SiteLook["wave"];
  readonly problems: readonly Problem[];
}

/** What would happen to one credential, as `capstan plan -o json` prints it. */
export interface PlannedCredential extends StandingDocument {
  readonly credential: string;
  /** 0, 4, 69 or 77; a rotation under way is no fault of the plan. */
  readonly exitCode: ExitCode;
  readonly wouldChange: boolean;
  readonly strategy: PlannedStrategy;
  /** Robots of fixed names, when each ends, and what the next rotation makes of that. */
  readonly kept: readonly KeptRobot[];
  /** The first things that home's next tick would change, in order; what follows from them is not guessed. */
  readonly nextTick: readonly string[];
  readonly waits: readonly string[];
  readonly problems: readonly Problem[];
  readonly sites: readonly PlannedSite[];
  /** What the issuer needs and has; rights that are missing make exit status 77. */
  readonly issuer: IssuerLook;
  /** How home's runner gets into sites of other clouds; a trust that is missing makes exit status 77. */
  readonly logins: readonly TrustLook[];
  /** A warning for each site. */
  readonly staticKeys: readonly StaticKeys[];
}

/** Looks at home and at every site of one credential; changes nothing. */
export async function planCredential({ tools }: Pick<Session, "tools">, name: string): Promise<PlannedCredential> {
  const credential = credentialOf(tools.config, name);
  const inputs = lookInputs(tools);
  const looking = lookHome(tools, name);
  const [issuer, logins, home, ...looks] = await Promise.all([
    looking.then(({ choice }) => lookAtIssuer(tools, name, choice)),
    lookAtTrusts(tools, name),
    looking,
    ...sitesOf(credential).map((site) =>
      isAgentSite(tools.config, site) ? notLookedAt(site) : lookAtSite(tools, name, site, inputs),
    ),
  ]);
  const clustersOf = (site: string) =>
    [...new Set(credential.targets.flatMap(({ clusters }) => clusters))].filter(
      (cluster) => tools.config.clusters[cluster]?.site === site,
    );
  const sites = looks.map((look) => plannedSite(look, clustersOf(look.site)));
  const code = codeOfLook(home);
  const strategy = plannedStrategy(credential, home.state.ledger, home.choice);
  const kept = keptRobots(home.state, strategy.strategy, inputs.nowMs);
  const { distributionMaxMs, drain, marginMs } = credential;
  const neededMs = distributionMaxMs + drainMsOf(drain) + marginMs;
  const writes = sites.some((site) => site.clusters.some(({ toWrite }) => toWrite.length > 0));
  return {
    credential: name,
    exitCode: codeOfPlan(code, issuer, logins),
    wouldChange: writes || home.wouldDo.length > 0,
    ...standingOf(home, name, credential),
    strategy,
    kept,
    nextTick: home.wouldDo,
    waits: home.waits,
    problems: [...home.problems, ...lifeProblems(kept, issuer.missing, neededMs, inputs.nowMs)],
    sites,
    issuer,
    logins,
    staticKeys: staticKeys(tools, name),
  };
}

/** Only the agent itself reaches its cluster; what it found is told by `status`. */
function notLookedAt(site: string): SiteLook {
  const text = `${site}: looked at by its agent alone; status tells what it reported`;
  const problems = [{ code: "agent-site", text, blocks: false }];
  return { site, looked: false, wanted: 0, served: 0, toWrite: [], foreign: [], wave: null, problems };
}

/** A rotation under way is no fault of the plan; a right or a trust that is missing is one, before anything is written. */
function codeOfPlan(code: ExitCode, issuer: IssuerLook, logins: readonly TrustLook[]): ExitCode {
  if (code !== exitCode.done && code !== exitCode.notFinished) return code;
  const isMissing = issuer.missing.length > 0 || logins.some(({ verdict }) => verdict === "missing");
  return isMissing ? exitCode.denied : exitCode.done;
}

function plannedSite(look: SiteLook, clusters: readonly string[]): PlannedSite {
  const within = (cluster: string, target: string) =>
    target.startsWith(`${cluster}/`) ? [target.slice(cluster.length + 1)] : [];
  return {
    site: look.site,
    wanted: look.looked ? look.wanted : null,
    served: look.looked ? look.served : null,
    clusters: clusters.map((cluster) => ({
      cluster,
      toWrite: [...new Set(look.toWrite)].flatMap((target) => within(cluster, target)).sort(),
      foreign: look.foreign.flatMap(({ target, why }) => within(cluster, target).map((of) => ({ target: of, why }))),
    })),
    wave: look.wave,
    problems: look.problems,
  };
}
