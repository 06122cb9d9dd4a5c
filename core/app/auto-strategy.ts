import type { AutoStrategy, StrategyChoice } from "../engine/choose-strategy.ts";
import { PortError } from "../ports/errors.ts";
import { isFixed } from "../protocol/fixed.ts";
import type { Problem } from "../protocol/home-state.ts";
import type { HomeLedger, Replaced } from "../protocol/state.ts";
import { credentialOf, registryPortOf } from "./settings.ts";
import type { Tools } from "./tools.ts";

/** What `strategy: auto` of this credential is chosen by, as the registry tells it now; null: the file names a strategy. */
export async function lookAtAuto(tools: Tools, name: string): Promise<AutoStrategy | null> {
  const credential = credentialOf(tools.config, name);
  if (credential.strategy !== "auto") return null;
  const { acceptFailedPulls, limits, robot } = credential;
  const given = { acceptFailedPulls, hasWaves: limits.waves.length > 0 };
  const inspection = tools.issuers[registryPortOf(credential)];
  if (inspection === undefined)
    return { ...given, rights: null, problem: "this registry does not tell what its issuer may do" };
  try {
    const { level, permissions } = robot;
    const { identities } = await inspection.inspectIssuer({ level, permissions, refreshes: "maybe" });
    return { ...given, rights: identities.flatMap(({ rights }) => rights), problem: null };
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    return { ...given, rights: null, problem: error.message };
  }
}

/** What a tick was given and what it chose; null where the file names a strategy. */
export interface Chosen {
  readonly auto: AutoStrategy;
  readonly choice: StrategyChoice;
  readonly ledger: HomeLedger | null;
}

/** What is told beside the tick's own problems: what of a choice matters only later, and what it leaves behind. */
export function autoProblems(chosen: Chosen | null, problems: readonly Problem[]): readonly Problem[] {
  if (chosen === null) return [];
  const { auto, choice, ledger } = chosen;
  const isTold = problems.some(({ code }) => code === "no-strategy" || code === "rights-unread");
  return [
    ...(isTold ? [] : nextProblems(choice)),
    ...(ledger?.replaced ?? []).flatMap((one) => endProblems(auto, one)),
  ];
}

/** The next rotation goes another way than the last one, or it could go none. */
function nextProblems({ strategy, why, underWay, current, options }: StrategyChoice): readonly Problem[] {
  const told = (code: string, text: string): readonly Problem[] => [
    { code, text: `strategy auto: ${text}. ${why}`, blocks: false },
  ];
  if (strategy === null)
    return options.length === 0 ? [] : told("no-strategy", "the issuer's rights allow none for the next rotation");
  const last = underWay ?? current;
  if (last === null || last === strategy) return [];
  const goesOn = underWay === null ? "" : `the attempt under way goes on by ${underWay}; `;
  return told("strategy-changes", `${goesOn}the next rotation is made by ${strategy}, no longer by ${last}`);
}

/** A replaced generation ends in the way of its making, whatever is chosen by now: the right for that may be gone. */
function endProblems({ rights }: AutoStrategy, { generation, madeOf, robot }: Replaced): readonly Problem[] {
  const action = isFixed(madeOf) ? "update" : "delete";
  const lacking = rights?.find((one) => one.action === action && one.verdict === "missing");
  if (lacking === undefined) return [];
  const end = robot.expiresAtMs === null ? "it never ends" : `it ends at ${new Date(robot.expiresAtMs).toISOString()}`;
  const text = `the robot ${robot.username} of generation ${generation} cannot be taken away: the issuer lacks ${lacking.right}. Give it that right, or delete the robot at the registry; else ${end}`;
  return [{ code: "end-lacks-right", text, blocks: false }];
}
