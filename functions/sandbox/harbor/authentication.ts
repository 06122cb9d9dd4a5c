import { setTimeout as sleep } from "node:timers/promises";
import { Secret } from "../../../core/secret.ts";
import type { PartRequest } from "../listener.ts";
import type { Caller, HarborContext } from "./context.ts";
import { fullName, type RobotRow } from "./state.ts";

function basicCredentials(header: string): { username: string; password: Secret } | null {
  const match = /^basic (.+)$/i.exec(header);
  if (match?.[1] === undefined) return null;
  const text = Buffer.from(match[1], "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? null : { username: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) };
}

/** Name, secret, disabled, expiry, in this order; every failure looks the same (harbor.md §2.1). */
function robotOf(context: HarborContext, username: string, password: Secret): RobotRow | undefined {
  const { state } = context;
  const robot = state.robots.find((row) => row.deletedAtMs === null && fullName(state, row) === username);
  if (robot === undefined || !robot.secret.equals(password) || robot.disabled) return undefined;
  if (robot.expiresAtS !== -1 && robot.expiresAtS * 1000 <= context.nowMs()) return undefined;
  return robot;
}

/**
 * Robots first, then users. A failure is delayed; while it is, every further attempt of that name
 * fails at once, a user's right password included, a robot's right secret not (harbor.md §10.28, §10.55).
 */
async function byBasic(context: HarborContext, username: string, password: Secret): Promise<Caller> {
  const robot = robotOf(context, username, password);
  if (robot !== undefined) return { type: "robot", robot };
  if (context.lockedLogins.has(username)) return { type: "anonymous" };
  const user = context.state.users.find((row) => row.username === username);
  if (user?.password.equals(password)) return { type: "user", user };
  context.lockedLogins.add(username);
  await sleep(context.failedLoginDelayMs);
  context.lockedLogins.delete(username);
  return { type: "anonymous" };
}

/** Wrong credentials make an anonymous caller, not an error: what is public stays readable (harbor.md §10.46). */
export async function authenticate(context: HarborContext, request: PartRequest): Promise<Caller> {
  const header = request.headers.authorization;
  if (header === undefined) return { type: "anonymous" };
  const basic = basicCredentials(header);
  if (basic !== null) return byBasic(context, basic.username, basic.password);
  const bearer = /^bearer (.+)$/i.exec(header)?.[1];
  if (bearer === undefined || !request.path.startsWith("/v2/")) return { type: "anonymous" };
  const claims = context.tokens.check(bearer, context.nowMs());
  return claims === null ? { type: "anonymous" } : { type: "token", ...claims };
}
