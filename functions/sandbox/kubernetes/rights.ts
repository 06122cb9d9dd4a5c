import { type ResourceName, resources } from "./objects.ts";
import { ruleAllows, rulesOf } from "./rbac.ts";
import { StatusFailure, unauthorized } from "./status.ts";
import type { ObjectStore } from "./store.ts";

/** What a user without `system:masters` may do. */
export interface AllowRule {
  readonly verbs: readonly string[];
  readonly resources: readonly ResourceName[];
  /** Absent: any name, and calls that have none (list, create by POST). */
  readonly resourceNames?: readonly string[];
  /** Absent: everywhere, and across namespaces. */
  readonly namespaces?: readonly string[];
}

export interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

export interface Attempt {
  readonly verb: string;
  /** API group; empty: core. */
  readonly group: string;
  /** With its subresource: `serviceaccounts/token`. */
  readonly resource: string;
  readonly namespace: string | null;
  readonly name: string | null;
}

/** Who has a bearer token, and until when; no end: for ever. */
export interface TokenHolder {
  readonly user: User;
  readonly untilMs?: number;
}

const anonymous: User = { username: "system:anonymous", groups: ["system:unauthenticated"] };

/** Throws 401 for a token that nobody has, or that is past its end; no token at all is the anonymous user. */
export function authenticate(
  header: string | undefined,
  tokens: ReadonlyMap<string, TokenHolder>,
  nowMs: number,
  review: (token: string, nowMs: number) => User | null = () => null,
): User {
  if (header === undefined) return anonymous;
  const token = /^bearer /i.test(header) ? header.slice("bearer ".length).trim() : null;
  const holder = token === null ? undefined : tokens.get(token);
  const reviewed = token === null || holder !== undefined ? null : review(token, nowMs);
  if (reviewed !== null) return reviewed;
  if (holder === undefined || nowMs >= (holder.untilMs ?? Number.POSITIVE_INFINITY)) throw unauthorized();
  return holder.user;
}

/** Whom no rule and no limit holds back. */
export const masters = "system:masters";

export function isMaster(header: string | undefined, tokens: ReadonlyMap<string, TokenHolder>): boolean {
  return tokens.get(header?.slice("bearer ".length) ?? "")?.user.groups.includes(masters) ?? false;
}

/** By group, by the rules given from inside, or by the bindings that are stored. */
export function isAllowed(store: ObjectStore, user: User, fixed: readonly AllowRule[], attempt: Attempt): boolean {
  if (user.groups.includes(masters)) return true;
  if (fixed.some((rule) => isFixed(rule, attempt))) return true;
  return rulesOf(store, user, attempt.namespace).some((rule) => ruleAllows(rule, attempt));
}

function isFixed(rule: AllowRule, { verb, group, resource, name, namespace }: Attempt): boolean {
  return (
    rule.verbs.includes(verb) &&
    rule.resources.some((one) => one === resource && resources[one].group === group) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(name ?? "")) &&
    (rule.namespaces === undefined || rule.namespaces.includes(namespace ?? ""))
  );
}

export function forbidden(user: User, { verb, group, resource, namespace, name }: Attempt): StatusFailure {
  const [plain = "", subresource] = resource.split("/");
  const qualified = group === "" ? plain : `${plain}.${group}`;
  const kind = subresource === undefined ? qualified : `${qualified}/${subresource}`;
  const what = name === null ? kind : `${kind} "${name}"`;
  const where = namespace === null ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return new StatusFailure(
    403,
    "Forbidden",
    `${what} is forbidden: User "${user.username}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
    { ...(name === null ? {} : { name }), ...(group === "" ? {} : { group }), kind: plain },
  );
}

/** The 403 of a path that is no resource. */
export function forbiddenPath(user: User, method: string, path: string): StatusFailure {
  const text = `forbidden: User "${user.username}" cannot ${method.toLowerCase()} path "${path}"`;
  return new StatusFailure(403, "Forbidden", text, {});
}
