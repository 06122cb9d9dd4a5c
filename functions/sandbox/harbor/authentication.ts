import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Secret } from "../../../core/secret.ts";
import type { PartReply, PartRequest } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import type { Caller, HarborContext } from "./context.ts";
import { sessionUser } from "./session.ts";
import { fullName, type RobotRow } from "./state.ts";

const sessionsMax = 1000;

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
  return robot === undefined ? byPassword(context, username, password) : { type: "robot", robot };
}

async function byPassword(context: HarborContext, username: string, password: Secret): Promise<Caller> {
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
  if (header === undefined) {
    const user = sessionUser(context, request);
    return user === undefined ? { type: "anonymous" } : { type: "user", user };
  }
  const basic = basicCredentials(header);
  if (basic !== null) return byBasic(context, basic.username, basic.password);
  const bearer = /^bearer (.+)$/i.exec(header)?.[1];
  if (bearer === undefined || !request.path.startsWith("/v2/")) return { type: "anonymous" };
  const claims = context.tokens.check(bearer, context.nowMs());
  return claims === null ? { type: "anonymous" } : { type: "token", ...claims };
}

/** `POST /c/login`, the form of the user interface: 200 and a session, or 401; both leave a row in the audit log (harbor.md §3). */
export async function logIn(context: HarborContext, request: PartRequest): Promise<PartReply> {
  const form = new URLSearchParams(request.body.toString("utf8"));
  const username = form.get("principal") ?? "";
  const caller = await byPassword(context, username, new Secret(form.get("password") ?? ""));
  writeAudit(context, {
    operation: "login",
    description: "login",
    resource: username,
    resourceType: "user",
    username,
    projectId: 0,
    succeeded: caller.type === "user",
  });
  if (caller.type !== "user") return { status: 401 };
  const sid = randomBytes(16).toString("hex");
  context.sessions.set(sid, caller.user.id);
  const [oldest] = context.sessions.keys();
  if (context.sessions.size > sessionsMax && oldest !== undefined) context.sessions.delete(oldest);
  return { status: 200, headers: { "set-cookie": [`sid=${sid}; Path=/; HttpOnly`] } };
}
