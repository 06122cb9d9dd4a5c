import { Secret } from "../../../core/secret.ts";
import type { PartReply } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import { callerName, requireAccess, requireAuthenticated } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { bindAll, bindBody, bindInt64 } from "./json-body.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { type Columns, filterRows, parseQ, sortRows } from "./query.ts";
import { badRequest, notFound, refuse, Unprocessable } from "./refusal.ts";
import { nextId, type UserRow } from "./state.ts";
import { checkPassword, checkProfile } from "./user-rules.ts";

const columns: Columns<UserRow> = {
  username: { type: "text", read: (row) => row.username },
  email: { type: "text", read: (row) => row.email },
  user_id: { type: "int", read: (row) => row.id },
  creation_time: { type: "time", read: (row) => row.createdAtMs },
};

function showUser(user: UserRow): object {
  return {
    admin_role_in_auth: false,
    ...(user.comment === "" ? {} : { comment: user.comment }),
    creation_time: new Date(user.createdAtMs).toISOString(),
    ...(user.email === "" ? {} : { email: user.email }),
    realname: user.realname,
    sysadmin_flag: user.sysadmin,
    update_time: new Date(user.updatedAtMs).toISOString(),
    user_id: user.id,
    username: user.username,
  };
}

function auditUser(call: HarborCall, operation: "create" | "delete" | "update", user: UserRow): void {
  writeAudit(call.context, {
    operation,
    description: `${operation} user: ${user.username}`,
    resource: user.username,
    resourceType: "user",
    username: callerName(call.context.state, call.caller),
    projectId: 0,
  });
}

/** `GET /users/current`: a robot is no user (harbor.md §6). */
export function currentUser({ caller }: HarborCall): PartReply {
  requireAuthenticated(caller);
  if (caller.type !== "user")
    throw refuse(412, "PRECONDITION", "get current user not available for security context: robot");
  return { status: 200, body: showUser(caller.user) };
}

export function postUser(call: HarborCall): PartReply {
  const { context, request, caller } = call;
  const fields = {
    username: "string",
    password: "string",
    email: "string",
    realname: "string",
    comment: "string",
  } as const;
  const charactersMax = { email: 255, username: 255 };
  const body = bindBody(request, { parameter: "userReq", type: "UserCreationReq", fields, charactersMax });
  const text = (key: keyof typeof fields): string => (typeof body[key] === "string" ? body[key] : "");
  if (!context.state.settings.self_registration) requireAccess(context, caller, null, "user", "create");
  checkPassword(text("password"));
  const username = text("username");
  checkProfile({ username, email: text("email"), realname: text("realname"), comment: text("comment") });
  const { state } = context;
  const id = nextId(state, "user");
  if (state.users.some((row) => row.username === username || (row.email !== "" && row.email === text("email"))))
    throw refuse(409, "CONFLICT", `user ${username} or email ${text("email")} already exists`);
  const createdAtMs = context.nowMs();
  const user: UserRow = {
    id,
    username,
    password: new Secret(text("password")),
    sysadmin: false,
    email: text("email"),
    realname: text("realname"),
    comment: text("comment"),
    createdAtMs,
    updatedAtMs: createdAtMs,
  };
  state.users.push(user);
  auditUser(call, "create", user);
  return { status: 201, headers: { location: `${request.path}/${id}` } };
}

/** All but the built-in administrator (recorded in 02-projects-users). */
export function listUsers({ context, request, caller }: HarborCall): PartReply {
  const paging = bindPaging(request);
  requireAccess(context, caller, null, "user", "list");
  const there = context.state.users.filter(({ id }) => id !== 1);
  const conditions = new Map(parseQ(request.query.get("q")));
  for (const key of ["username", "email"]) {
    const value = request.query.get(key);
    if (value) conditions.set(key, { type: "contains", value });
  }
  const found = sortRows(filterRows(there, conditions, columns), request.query.get("sort") ?? "", columns, "username");
  return pageReply("/api/v2.0/users", request, paging, found, showUser);
}

/** `GET /users/search`: whose name contains this, for everybody who is logged in. */
export function searchUsers({ context, request, caller }: HarborCall): PartReply {
  const wanted = request.query.get("username");
  const [paging] = bindAll(
    () => bindPaging(request),
    () => {
      if (!wanted) throw new Unprocessable(["username in query is required"]);
    },
  );
  requireAuthenticated(caller);
  const found = context.state.users
    .filter(({ id, username }) => id !== 1 && username.toLowerCase().includes((wanted ?? "").toLowerCase()))
    .sort((a, b) => (a.username < b.username ? -1 : 1));
  const show = ({ id, username }: UserRow) => ({ user_id: id, username });
  return pageReply("/api/v2.0/users/search", request, paging, found, show);
}

function loadUser({ context }: HarborCall, idText: string): UserRow {
  const id = bindInt64(idText, "user_id", "path") ?? 0;
  const user = context.state.users.find((row) => row.id === id);
  if (user === undefined) throw notFound(`user ${id} not found`);
  return user;
}

/** Oneself, or the right at the system. */
function requireOver(call: HarborCall, idText: string, action: string): void {
  requireAuthenticated(call.caller);
  if (call.caller.type === "user" && String(call.caller.user.id) === idText) return;
  requireAccess(call.context, call.caller, null, "user", action);
}

export function getUser(call: HarborCall, idText: string): PartReply {
  bindInt64(idText, "user_id", "path");
  requireOver(call, idText, "read");
  return { status: 200, body: showUser(loadUser(call, idText)) };
}

export function putUser(call: HarborCall, idText: string): PartReply {
  const fields = { email: "string", realname: "string", comment: "string" } as const;
  const [body] = bindAll(
    () => bindBody(call.request, { parameter: "profile", type: "UserProfile", fields }),
    () => bindInt64(idText, "user_id", "path"),
  );
  requireOver(call, idText, "update");
  const text = (key: keyof typeof fields): string => (typeof body[key] === "string" ? body[key] : "");
  checkProfile({ email: text("email"), realname: text("realname"), comment: text("comment") });
  const user = loadUser(call, idText);
  for (const key of Object.keys(fields) as (keyof typeof fields)[]) {
    user[key] = text(key);
  }
  user.updatedAtMs = call.context.nowMs();
  return { status: 200 };
}

export function putSysadmin(call: HarborCall, idText: string): PartReply {
  const fields = { sysadmin_flag: "bool" } as const;
  const [body] = bindAll(
    () => bindBody(call.request, { parameter: "sysadmin_flag", type: "UserSysAdminFlag", fields }),
    () => bindInt64(idText, "user_id", "path"),
  );
  requireAccess(call.context, call.caller, null, "user", "update");
  const user = loadUser(call, idText);
  user.sysadmin = body["sysadmin_flag"] === true;
  auditUser(call, "update", user);
  return { status: 200 };
}

export function putPassword(call: HarborCall, idText: string): PartReply {
  const fields = { old_password: "string", new_password: "string" } as const;
  const [body] = bindAll(
    () => bindBody(call.request, { parameter: "password", type: "PasswordReq", fields }),
    () => bindInt64(idText, "user_id", "path"),
  );
  requireOver(call, idText, "update");
  const text = (key: keyof typeof fields): string => (typeof body[key] === "string" ? body[key] : "");
  const itself = call.caller.type === "user" && String(call.caller.user.id) === idText ? call.caller.user : null;
  if (itself !== null && !itself.password.equals(new Secret(text("old_password"))))
    throw refuse(403, "FORBIDDEN", "Current password is incorrect");
  const password = text("new_password");
  checkPassword(password);
  const user = loadUser(call, idText);
  if (user.password.equals(new Secret(password))) throw badRequest("New password is identical to old password");
  user.password = new Secret(password);
  return { status: 200 };
}

/** The robots that the user made stay (harbor.md §1.6). */
export function deleteUser(call: HarborCall, idText: string): PartReply {
  bindInt64(idText, "user_id", "path");
  requireAccess(call.context, call.caller, null, "user", "delete");
  const { state } = call.context;
  const id = Number(idText);
  if (id === 1 || (call.caller.type === "user" && call.caller.user.id === id))
    throw refuse(403, "FORBIDDEN", `User with ID ${id} cannot be deleted`);
  const user = loadUser(call, idText);
  state.users = state.users.filter((row) => row !== user);
  state.members = state.members.filter(({ userId }) => userId !== user.id);
  auditUser(call, "delete", user);
  return { status: 200 };
}
