import type { StrategyChoice } from "../engine/choose-strategy.ts";
import { PortError } from "../ports/errors.ts";
import type { IssuerIdentity, IssuerReport, NeededRight, RobotAction } from "../ports/issuer.ts";
import { credentialOf, registryPortOf } from "./settings.ts";
import type { Tools } from "./tools.ts";

export interface IssuerLook {
  /** Null: it could not be looked at, `problem` says why. */
  readonly report: IssuerReport | null;
  readonly problem: string | null;
  /** Credential of the file that rotates the issuer's own login; null: people do. */
  readonly rotatedBy: string | null;
  /** Rights without which no rotation gets to its end. */
  readonly missing: readonly NeededRight[];
}

/** What the issuer of a credential needs and has, before anything is written. `choice`: of `strategy: auto`. */
export async function lookAtIssuer(tools: Tools, name: string, choice: StrategyChoice | null): Promise<IssuerLook> {
  const credential = credentialOf(tools.config, name);
  const inspection = tools.issuers[registryPortOf(credential)];
  const rotatedBy = tools.config.registries[credential.registry]?.issuer.credential ?? null;
  const nothing = { report: null, missing: [], rotatedBy };
  if (inspection === undefined) return { ...nothing, problem: "this registry does not tell what its issuer may do" };
  const { level, permissions } = credential.robot;
  const { strategy } = credential;
  try {
    const refreshes = strategy === "auto" ? "maybe" : strategy !== "generations";
    const found = await inspection.inspectIssuer({ level, permissions, refreshes });
    const report = strategy === "auto" ? { ...found, identities: found.identities.map(neededBy(choice)) } : found;
    const needed = report.identities.flatMap(({ rights }) => rights);
    return {
      report,
      problem: null,
      rotatedBy,
      missing: needed.filter((one) => one.verdict === "missing" && !one.optional),
    };
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    return { ...nothing, problem: error.message };
  }
}

/** Of the rights for all strategies those of the chosen one; where none can be, those of each. */
function neededBy(choice: StrategyChoice | null) {
  const chosen = choice?.underWay ?? choice?.strategy ?? null;
  const options = (choice?.options ?? []).filter(({ strategy }) => chosen === null || strategy === chosen);
  const needs: ReadonlySet<RobotAction> = new Set(options.flatMap((option) => option.needs));
  return (identity: IssuerIdentity): IssuerIdentity => ({
    ...identity,
    rights: identity.rights.filter(({ action }) => action === undefined || needs.has(action)),
  });
}
