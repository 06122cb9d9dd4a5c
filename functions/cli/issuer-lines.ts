import type { IssuerLook } from "../../core/app/inspect-issuer.ts";
import type { IssuerIdentity } from "../../core/ports/issuer.ts";
import { renderHealth, type TableStyle } from "./table.ts";

const roles = (identity: IssuerIdentity): string =>
  identity.roles.length === 2 ? "mints and retires" : identity.roles[0] === "mint" ? "mints" : "retires";

function identityLines(identity: IssuerIdentity, style: TableStyle): readonly string[] {
  const { rights, username, kind } = identity;
  const held = rights.filter(({ verdict }) => verdict === "held");
  const open = rights.filter(({ verdict }) => verdict !== "held");
  const shown = held.length === 0 ? "" : `: ${held.map(({ right }) => right).join(", ")}`;
  return [
    `  ${username} (${kind}, ${roles(identity)}) has ${held.length} of ${rights.length} rights${shown}`,
    ...open.map(({ right, verdict, optional, purpose, why }) => {
      const health = verdict === "missing" && !optional ? "bad" : "warning";
      const reason = why === undefined ? "" : `: ${why}`;
      return `    ${renderHealth(health, `${right} is ${verdict}, needed to ${purpose}${reason}`, style)}`;
    }),
  ];
}

/** What the issuer needs and has, and what this version of the registry cannot do. */
export function issuerLines({ report, problem, rotatedBy }: IssuerLook, style: TableStyle): readonly string[] {
  if (report === null) return [`issuer: ${renderHealth("warning", `not looked at: ${problem}`, style)}`];
  const readOnly = report.readOnly
    ? [`  ${renderHealth("bad", "read-only mode is on: nothing can be made or deleted", style)}`]
    : [];
  return [
    `issuer at Harbor ${report.version}${rotatedBy === null ? "" : `, rotated by the credential ${rotatedBy}`}:`,
    ...report.identities.flatMap((identity) => identityLines(identity, style)),
    ...report.limits.map((limit) => `  this version: ${limit}`),
    ...readOnly,
  ];
}
