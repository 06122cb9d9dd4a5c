import { expect, test } from "vitest";
import { admin, ask, basic, manifest, message, pull, sandbox, start } from "./harbor-fixtures.ts";

test("a token that a read handed out lets a write with a cookie pass", async () => {
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
