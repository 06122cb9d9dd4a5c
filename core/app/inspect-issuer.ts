import { PortError } from "../ports/errors.ts";
import type { IssuerReport, NeededRight } from "../ports/issuer.ts";
import { isFixed } from "../protocol/fixed.ts";
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

/** What the issuer of a credential needs and has, before anything is written. */
export async function lookAtIssuer(tools: Tools, name: string): Promise<IssuerLook> {
  const credential = credentialOf(tools.config, name);
  const inspection = tools.issuers[registryPortOf(credential)];
  const rotatedBy = tools.config.registries[credential.registry]?.issuer.credential ?? null;
  const nothing = { report: null, missing: [], rotatedBy };
  if (inspection === undefined) return { ...nothing, problem: "this registry does not tell what its issuer may do" };
  const { level, permissions } = credential.robot;
  try {
    const refreshes = isFixed(credential);
    const report = await inspection.inspectIssuer({ level, permissions, refreshes });
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
