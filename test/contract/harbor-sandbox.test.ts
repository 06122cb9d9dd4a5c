import { describe, expect, test } from "vitest";
import { admin, ask, basic, manifest, message, pull, sandbox, start } from "./harbor-fixtures.ts";

/** What the recordings tell in words about logins and robots: harbor.md section 10, by number. */
describe("logins (10.26 to 10.28, 10.55)", () => {
  test("while a wrong attempt waits, its name is locked: for people, not for robots", async () => {
    const { issuer } = await start({ failedLoginDelayMs: 200 });
    const robot = issuer("puller", pull);
    const path = "/api/v2.0/users/current/permissions";
    const began = performance.now();
    const waiting = [ask("GET", path, basic("admin", "wrong")), ask("GET", path, basic(robot.username, "wrong"))];
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await ask("GET", path, admin)).status).toBe(401);
    expect((await ask("GET", path, basic(robot.username, robot.password.reveal()))).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(195);
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(401);
    expect(performance.now() - began).toBeGreaterThan(190);
    expect((await ask("GET", path, admin)).status).toBe(200);
  });

  test("a cookie makes writes need a token, reads hand one out (10.41)", async () => {
    const { issuer } = await start();
    const { id } = issuer("puller", pull);
    const sid = (await ask("GET", "/api/v2.0/ping", null)).headers.get("set-cookie")?.split(";")[0] ?? "";
    const path = `/api/v2.0/robots/${id}`;
    expect(message(await ask("PATCH", path, admin, {}, { cookie: sid }))).toBe("CSRF token not found in request");
    const token = (await ask("GET", path, admin, undefined, { cookie: sid })).headers.get("x-harbor-csrf-token") ?? "";
    const wrong = { cookie: sid, "x-harbor-csrf-token": "AAAA" };
    expect(message(await ask("PATCH", path, admin, {}, wrong))).toBe("CSRF token invalid");
    expect((await ask("PATCH", path, admin, {}, { cookie: sid, "x-harbor-csrf-token": token })).status).toBe(200);
    expect((await ask("PATCH", path, admin, {}, { cookie: "other=1" })).status).toBe(200);
  });
});

describe("robots that make robots (10.23, 10.24)", () => {
  const wanted = { name: "child", duration: -1, permissions: pull };

  test("within their own rights, of either level", async () => {
    const { issuer } = await start();
    const login = issuer("maker");
    const authorization = basic(login.username, login.password.reveal());
    expect((await ask("POST", "/api/v2.0/robots", authorization, { ...wanted, level: "system" })).status).toBe(201);
    expect((await ask("POST", "/api/v2.0/robots", authorization, { ...wanted, level: "project" })).status).toBe(201);
    const spelled = [{ ...pull[0], access: [{ resource: "repository", action: "pull", effect: "allow" }] }];
    const refused = await ask("POST", "/api/v2.0/robots", authorization, {
      ...wanted,
      level: "system",
      permissions: spelled,
    });
    expect(refused.status).toBe(403);
    expect(message(refused)).toMatch(/^permission scope is invalid\. .*: robot\$maker$/);
  });

  test("in 2.14.0 of their own level only", async () => {
    const { issuer } = await start({ version: "v2.14.0" });
    const login = issuer("maker");
    const authorization = basic(login.username, login.password.reveal());
    expect((await ask("POST", "/api/v2.0/robots", authorization, { ...wanted, level: "system" })).status).toBe(201);
    const refused = await ask("POST", "/api/v2.0/robots", authorization, { ...wanted, level: "project" });
    expect([refused.status, message(refused)]).toEqual([403, "denied"]);
  });

  test("PATCH and PUT are never theirs (10.18)", async () => {
    const { issuer } = await start();
    const login = issuer("maker");
    const authorization = basic(login.username, login.password.reveal());
    const refused = await ask("PATCH", `/api/v2.0/robots/${login.id}`, authorization, {});
    expect([refused.status, message(refused)]).toEqual([403, "robot$maker"]);
  });
});

test("PUT counts a changed life from the creation, keeps an unnamed one, and enables (10.19)", async () => {
  const { issuer, robots } = await start();
  const { id, username } = issuer("one", pull);
  const createdAtMs = sandbox.nowMs;
  sandbox.nowMs += 5 * 86_400_000;
  const put = (changes: object) =>
    ask("PUT", `/api/v2.0/robots/${id}`, admin, { name: username, level: "system", permissions: pull, ...changes });
  expect((await put({ duration: 7, disable: true })).status).toBe(200);
  expect(robots()[0]).toMatchObject({ disabled: true, expiresAtMs: createdAtMs + 7 * 86_400_000 });
  expect((await put({})).status).toBe(200);
  expect(robots()[0]).toMatchObject({ disabled: false, expiresAtMs: createdAtMs + 7 * 86_400_000 });
});

test("a deleted project takes its robots and scopes along, for good; logins stay (10.53)", async () => {
  const { issuer, createProject, deleteProject } = await start();
  const { id, username, password } = issuer("one", pull);
  const projectRobot = { name: "bot", level: "project", duration: -1, permissions: pull };
  const made = (await ask("POST", "/api/v2.0/robots", admin, projectRobot)).body as { id: number };
  deleteProject("alpha");
  createProject("alpha", { public: false });
  expect((await ask("GET", `/api/v2.0/robots/${made.id}`, admin)).status).toBe(404);
  expect((await ask("GET", `/api/v2.0/robots/${id}`, admin)).body).toMatchObject({ permissions: [] });
  expect((await ask("GET", "/v2/", basic(username, password.reveal()))).status).toBe(200);
});

test("permissions come in more than one order (10.12)", async () => {
  const { issuer } = await start();
  const { id } = issuer("maker");
  const orders = new Set<string>();
  for (let index = 0; index < 4; index += 1) {
    const { body } = await ask("GET", `/api/v2.0/robots/${id}`, admin);
    orders.add((body as { permissions: { kind: string }[] }).permissions.map(({ kind }) => kind).join());
  }
  expect(orders.size).toBe(2);
});

test("systeminfo, health, ping and both permission lists answer as recorded (10.36, 10.43, 10.51)", async () => {
  const { issuer } = await start();
  const login = issuer("puller", pull);
  const robot = basic(login.username, login.password.reveal());
  expect((await ask("GET", "/api/v2.0/ping", null)).body).toBe("Pong");
  expect((await ask("GET", "/api/v2.0/health", null)).body).toMatchObject({ status: "healthy" });
  expect(Object.keys((await ask("GET", "/api/v2.0/systeminfo", null)).body as object)).not.toContain("harbor_version");
  expect((await ask("GET", "/api/v2.0/systeminfo", robot)).body).toMatchObject({
    harbor_version: "v2.15.2-080b0220",
    external_url: sandbox.harbor?.url,
    read_only: false,
  });
  const { body } = await ask("GET", "/api/v2.0/permissions", admin);
  const { system, project } = body as { system: object[]; project: object[] };
  expect([system.length, project.length]).toEqual([70, 70]);
  expect((await ask("GET", "/api/v2.0/permissions", robot)).status).toBe(403);
  expect((await ask("GET", "/api/v2.0/users/current/permissions", robot)).body).toEqual([]);
  expect((await ask("GET", "/api/v2.0/users/current/permissions?scope=/project/2&relative=true", robot)).body).toEqual([
    { action: "pull", resource: "repository" },
  ]);
  expect((await ask("GET", "/api/v2.0/users/current", robot)).status).toBe(412);
  expect(message(await ask("GET", "/api/v2.0/nothing", admin))).toBe("path /api/v2.0/nothing was not found");
});

test("requests are counted by kind", async () => {
  const { issuer, counts } = await start();
  const { id, username, password } = issuer("puller", pull);
  const login = basic(username, password.reveal());
  for (const [method, path] of [
    ["GET", "/api/v2.0/robots"],
    ["GET", `/api/v2.0/robots/${id}`],
    ["PATCH", `/api/v2.0/robots/${id}`],
    ["GET", "/service/token"],
    ["GET", "/v2/"],
    ["HEAD", manifest],
    ["GET", manifest],
    ["GET", "/api/v2.0/audit-logs"],
    ["GET", "/api/v2.0/systeminfo"],
    ["GET", "/api/v2.0/users/current/permissions"],
    ["GET", "/api/v2.0/health"],
  ] as const) {
    await ask(method, path, login);
  }
  expect([...counts.keys()]).toEqual([
    "robot.list",
    "robot.get",
    "robot.refresh",
    "token",
    "v2.ping",
    "manifest.head",
    "manifest.get",
    "audit.list",
    "systeminfo",
    "permissions.current",
    "other",
  ]);
});
