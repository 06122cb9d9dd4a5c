import type { ResourceName } from "./objects.ts";
import { StatusFailure, unauthorized } from "./status.ts";

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
  readonly resource: string;
  readonly namespace: string | null;
  readonly name: string | null;
}

const anonymous: User = { username: "system:anonymous", groups: ["system:unauthenticated"] };

/** Throws 401 for a token that nobody has; no token at all is the anonymous user. */
export function authenticate(header: string | undefined, tokens: ReadonlyMap<string, User>): User {
  if (header === undefined) return anonymous;
  const user = /^bearer /i.test(header) ? tokens.get(header.slice("bearer ".length).trim()) : undefined;
  if (user === undefined) throw unauthorized();
  return user;
}

export function isAllowed(user: User, rules: readonly AllowRule[], attempt: Attempt): boolean {
  if (user.groups.includes("system:masters")) return true;
  return rules.some(
    (rule) =>
      rule.verbs.includes(attempt.verb) &&
      rule.resources.some((resource) => resource === attempt.resource) &&
      (rule.resourceNames === undefined || rule.resourceNames.includes(attempt.name ?? "")) &&
      (rule.namespaces === undefined || rule.namespaces.includes(attempt.namespace ?? "")),
  );
}

export function forbidden(user: User, { verb, resource, namespace, name }: Attempt): StatusFailure {
  const what = name === null ? resource : `${resource} "${name}"`;
  const where = namespace === null ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return new StatusFailure(
    403,
    "Forbidden",
    `${what} is forbidden: User "${user.username}" cannot ${verb} resource "${resource}" in API group "" ${where}`,
    { ...(name === null ? {} : { name }), kind: resource },
  );
}

/** The 403 of a path that is no resource. */
export function forbiddenPath(user: User, method: string, path: string): StatusFailure {
  const text = `forbidden: User "${user.username}" cannot ${method.toLowerCase()} path "${path}"`;
  return new StatusFailure(403, "Forbidden", text, {});
}
