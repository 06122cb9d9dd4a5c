import type { IssuerIdentity, IssuerNeeds, IssuerReport, NeededRight, RightVerdict } from "../../ports/issuer.ts";
import type { Api } from "./api.ts";
import { type OwnRights, ownRights } from "./own-rights.ts";
import { mayUse, notCovered } from "./permission-sets.ts";
import {
  type HarborVersion,
  ignoresWildcard,
  limitsOf,
  mintsOwnLevelOnly,
  parseVersion,
  putsNoWildcard,
  robotsMayMint,
} from "./version.ts";
import { askWhoami } from "./whoami.ts";

type Role = "mint" | "retire";

interface Place {
  /** Null: the system. */
  readonly project: string | null;
  readonly shown: string;
}

const purposes = {
  create: "make the next robot",
  list: "find robots left behind",
  read: "look at a robot before it is deleted",
  delete: "delete replaced robots",
  update: "give a robot of a fixed name its life and its secret",
} as const;
const actionsOf: Readonly<Record<Role, readonly (keyof typeof purposes)[]>> = {
  mint: ["create"],
  retire: ["list", "read", "delete"],
};
const actionsFor = (role: Role, { refreshes }: IssuerNeeds) =>
  role === "mint" && refreshes ? [...actionsOf.mint, "update" as const] : actionsOf[role];

function holds(rights: OwnRights, place: Place, right: string): RightVerdict {
  switch (rights.kind) {
    case "administrator":
      return "held";
    case "user":
      return rights.inProject?.has(right) ? "held" : "missing";
    case "robot": {
      if (rights.held === null) return "unknown";
      const kind = place.project === null ? "system" : "project";
      return mayUse(rights.held, kind, place.project ?? "/", right) ? "held" : "missing";
    }
  }
}

/** Why no rights help: the version, or the level of the issuer. */
function ruledOut(
  rights: OwnRights,
  needs: IssuerNeeds,
  version: HarborVersion,
  action: keyof typeof purposes,
): string | undefined {
  if (rights.kind === "user" && needs.level === "system")
    return "a person who is no administrator reaches projects only";
  if (action === "update" && putsNoWildcard(version) && needs.permissions.some(({ namespace }) => namespace === "*"))
    return "2.5.2 and 2.5.3 find no robot with rights on all projects (*) to update: upgrade to 2.5.4 or newer";
  if (rights.kind !== "robot") return undefined;
  if (!robotsMayMint(version)) return "up to 2.11 no robot can hold rights over robots: name a person as issuer";
  if (rights.level === "project" && needs.level === "system") return "a robot of a project never makes system robots";
  if (action === "create" && mintsOwnLevelOnly(version) && rights.level !== needs.level)
    return `2.12.0 to 2.14.0: a ${rights.level} robot cannot mint ${needs.level} robots; upgrade to 2.14.1 or use an issuer of that level`;
  return undefined;
}

/**
 * Harbor's catalogue of what a robot may hold leaves it out (harbor.md §1.5). Robots of before 2.10 may have it all the
 * same, and it still counts (recorded in 19-more).
 */
const updateIsForPeople =
  "Harbor grants robot:update to no robot: name a person as issuer, or use strategy: generations";

function robotRights(
  rights: OwnRights,
  needs: IssuerNeeds,
  place: Place,
  version: HarborVersion,
  role: Role,
): NeededRight[] {
  return actionsFor(role, needs).map((action) => {
    const seen = holds(rights, place, `robot:${action}`);
    const ungrantable = action === "update" && rights.kind === "robot" && seen !== "held";
    const stands = ruledOut(rights, needs, version, action) ?? (ungrantable ? updateIsForPeople : undefined);
    const verdict = stands === undefined ? seen : "missing";
    const why = stands ?? (verdict === "unknown" ? "this login may not look at its own rights" : undefined);
    return {
      right: `robot:${action} at ${place.shown}`,
      purpose: purposes[action],
      verdict,
      optional: action === "delete" && needs.refreshes === true,
      action,
      ...(verdict === "held" || why === undefined ? {} : { why }),
    };
  });
}

/** A robot hands out what it holds itself, in one entry; people hand out what they like (harbor.md §1.8). */
function handedOut(rights: OwnRights, needs: IssuerNeeds, version: HarborVersion): NeededRight[] {
  if (rights.kind !== "robot") return [];
  const all = notCovered([], needs.permissions, false);
  const open = rights.held === null ? [] : notCovered(rights.held, needs.permissions, !ignoresWildcard(version));
  return all.map((right) => {
    const verdict: RightVerdict = rights.held === null ? "unknown" : open.includes(right) ? "missing" : "held";
    const why =
      verdict === "missing"
        ? "must stand, without an effect, in the issuer's entry of that very project, else in that of *"
        : undefined;
    const action = "hand-out" as const;
    return { right, purpose: "hand it out", verdict, optional: false, action, ...(why === undefined ? {} : { why }) };
  });
}

function auditRight(rights: OwnRights): NeededRight {
  const verdict =
    rights.kind === "user" ? "missing" : holds(rights, { project: null, shown: "system" }, "audit-log:list");
  return {
    right: "audit-log:list at system",
    purpose: "see whether a replaced robot is still used",
    verdict,
    optional: true,
    ...(verdict === "held"
      ? {}
      : { why: "without it there is no evidence of use, and the log answers with an empty list" }),
  };
}

export interface IssuerApis {
  readonly mint: Api;
  /** The same where one login does both. */
  readonly retire: Api;
}

/** Reads who the issuer is and what it may do; writes nothing. */
export async function inspectIssuer(apis: IssuerApis, needs: IssuerNeeds): Promise<IssuerReport> {
  const { version: text, readOnly } = await askWhoami(apis.mint);
  const version = parseVersion(text);
  const project = needs.level === "project" ? (needs.permissions[0]?.namespace ?? null) : null;
  const place: Place = { project, shown: project === null ? "system" : `project ${project}` };
  const both = apis.mint === apis.retire;
  const look = async (api: Api, roles: readonly Role[], others: readonly Api[]): Promise<IssuerIdentity> => {
    const login = await api.issuer("rights");
    const rights = await ownRights(api, others, login, project);
    const needed = roles.flatMap((role) => robotRights(rights, needs, place, version, role));
    if (roles.includes("mint")) needed.push(...handedOut(rights, needs, version));
    if (roles.includes("retire")) needed.push(auditRight(rights));
    return { roles, username: login.username, kind: rights.kind, rights: needed };
  };
  const identities = both
    ? [await look(apis.mint, ["mint", "retire"], [])]
    : [await look(apis.mint, ["mint"], [apis.retire]), await look(apis.retire, ["retire"], [])];
  return { version: text, readOnly, identities, limits: limitsOf(version) };
}
