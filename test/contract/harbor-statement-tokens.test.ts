import { describe, expect, test } from "vitest";
import {
  type Answer,
  admin,
  ask,
  basic,
  bearerOf,
  manifest,
  message,
  pull,
  sandbox,
  start,
} from "./harbor-fixtures.ts";

/** harbor.md section 10, statements 29, 30, 33 to 36 and 46: tokens, the audit log, the catalogue. */
const robots = "/api/v2.0/robots";
const token = "/service/token?service=harbor-registry";
const scoped = (repository: string) => `${token}&scope=repository:${repository}:pull`;

function claims({ body }: Answer): { sub?: string; access: { actions: string[] }[] } {
  const [, middle = ""] = (body as { token: string }).token.split(".");
  return JSON.parse(Buffer.from(middle, "base64url").toString());
}

const child = (changes: object = {}) => ({
  name: "child",
  level: "system",
  duration: -1,
  permissions: pull,
  ...changes,
});

describe("tokens", () => {
  test("29: with a scope bad logins get an empty or a public token; without one 401; unknown services 400", async () => {
    const { createProject } = await start();
    createProject("open", { public: true });
    const wrong = basic("robot$nobody", "wrong");
    const closed = claims(await ask("GET", scoped("alpha/app"), wrong));
    expect([closed.sub, closed.access[0]?.actions]).toEqual([undefined, []]);
    expect(claims(await ask("GET", scoped("open/app"), wrong)).access[0]?.actions).toEqual(["pull"]);
    const none = await ask("GET", token, wrong);
    expect([none.status, none.body]).toEqual([401, ""]);
    const other = await ask("GET", "/service/token?service=other", wrong);
    expect([other.status, other.body]).toEqual([400, "Unable to handle service: other"]);
  });

  test("30: a token outlives refresh, disabling and deletion, for its life and a minute", async () => {
    const { issuer } = await start();
    const { id, username, password } = issuer("one", pull);
    await ask("PUT", "/api/v2.0/configurations", admin, { token_expiration: 1 });
    const bearer = await bearerOf(basic(username, password.reveal()));
    const status = async () => (await ask("GET", manifest, bearer)).status;
    await ask("PATCH", `${robots}/${id}`, admin, {});
    expect(await status()).toBe(200);
    await ask("PUT", `${robots}/${id}`, admin, child({ name: username, disable: true }));
    expect(await status()).toBe(200);
    await ask("DELETE", `${robots}/${id}`, admin);
    expect(await status()).toBe(200);
    sandbox.nowMs += 119_000;
    expect(await status()).toBe(200);
    sandbox.nowMs += 2000;
    expect(await status()).toBe(401);
  });

  test("46: a public manifest with a wrong secret is there, as anonymous; without any login it is not", async () => {
    const { createProject, pushImage } = await start();
    createProject("open", { public: true });
    pushImage("open", "app", "v1", [Buffer.from("layer")]);
    const path = "/v2/open/app/manifests/v1";
    expect((await ask("GET", path, basic("robot$nobody", "wrong"))).status).toBe(200);
    expect((await ask("GET", path, null)).status).toBe(401);
    const [row] = (await ask("GET", "/api/v2.0/auditlog-exts?q=operation%3Dpull", admin)).body as {
      username: string;
    }[];
    expect(row?.username).toBe("anonymous");
  });
});

describe("the audit log", () => {
  const rows = async (authorization: string, path = "/api/v2.0/auditlog-exts") =>
    (await ask("GET", `${path}?page_size=100`, authorization)).body as {
      operation: string;
      resource: string;
      username: string;
    }[];

  test("33: a GET of a manifest leaves a row; HEAD, 304 and another Harbor do not", async () => {
    const { issuer } = await start();
    const { username, password } = issuer("one", pull);
    const robot = basic(username, password.reveal());
    const first = await ask("GET", manifest, robot);
    await ask("HEAD", manifest, robot);
    await ask("GET", manifest, robot, undefined, { "if-none-match": first.headers.get("etag") ?? "" });
    await ask("GET", manifest, robot, undefined, { "user-agent": "harbor-registry-client" });
    expect((await rows(admin)).filter(({ operation }) => operation === "pull")).toMatchObject([
      { username, resource: "alpha/app:v1" },
    ]);
  });

  test("34: from 2.13 on the old log gets nothing; without the right there are no rows and no refusal", async () => {
    const { issuer } = await start();
    const { username, password } = issuer("one", pull);
    const robot = basic(username, password.reveal());
    await ask("GET", manifest, robot);
    expect(await rows(admin, "/api/v2.0/audit-logs")).toEqual([]);
    expect((await rows(admin)).length).toBeGreaterThan(0);
    expect(await rows(robot)).toEqual([]);
  });

  test.for(["v2.10.3", "v2.12.4"])("34: %s has the old log alone", async (version) => {
    await start({ version });
    await ask("GET", manifest, admin);
    expect((await rows(admin, "/api/v2.0/audit-logs"))[0]).toMatchObject({ operation: "pull" });
    expect((await ask("GET", "/api/v2.0/auditlog-exts", admin)).status).toBe(404);
  });

  test("35: making and deleting a robot leaves rows, PATCH, PUT and refusals none", async () => {
    await start();
    const made = (await ask("POST", robots, admin, child())).body as { id: number; name: string };
    await ask("POST", robots, admin, child());
    await ask("PATCH", `${robots}/${made.id}`, admin, {});
    await ask("PUT", `${robots}/${made.id}`, admin, child({ name: made.name }));
    await ask("DELETE", `${robots}/${made.id}`, admin);
    const told = (await rows(admin)).filter(({ resource }) => resource === made.name).map(({ operation }) => operation);
    expect(told).toEqual(["delete", "create"]);
  });
});

test("36: the permission catalogue is for administrators, of projects too", async () => {
  const { issuer, createUser } = await start();
  createUser("owner", "Owner-1234", { alpha: "projectAdmin" });
  createUser("dev", "Developer-1234", { alpha: "developer" });
  const { username, password } = issuer("one", pull);
  const path = "/api/v2.0/permissions";
  expect((await ask("GET", path, admin)).body).toMatchObject({ system: expect.any(Array), project: expect.any(Array) });
  expect((await ask("GET", path, basic("owner", "Owner-1234"))).body).toMatchObject({
    project: expect.any(Array),
    system: null,
  });
  for (const refused of [basic(username, password.reveal()), basic("dev", "Developer-1234")])
    expect(message(await ask("GET", path, refused))).toBe(
      "forbidden: only admins(system and project) can access permissions",
    );
});
