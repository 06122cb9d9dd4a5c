import { afterEach, describe, expect, test } from "vitest";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type Harbor, type HarborOptions, startHarbor } from "../../functions/sandbox/harbor/start-harbor.ts";

/** What the recordings tell in words, and what a sandbox adds: harbor.md section 10, by number. */
let harbor: Harbor | undefined;
let nowMs = 0;

afterEach(async () => {
  await harbor?.close();
  harbor = undefined;
});

async function start(options: Partial<HarborOptions> = {}): Promise<Harbor> {
  nowMs = Date.UTC(2027, 0, 15, 8);
  const basics = { faults: new FaultBoard(), nowMs: () => nowMs, adminPassword: "Admin-1234", failedLoginDelayMs: 1 };
  harbor = await startHarbor({ ...basics, ...options });
  harbor.createProject("alpha", { public: false });
  harbor.pushImage("alpha", "app", "v1", [Buffer.from("a layer")]);
  return harbor;
}

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
const admin = basic("admin", "Admin-1234");
const pull = [{ kind: "project", namespace: "alpha", access: [{ resource: "repository", action: "pull" }] }];

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

async function ask(
  method: string,
  path: string,
  authorization: string | null,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const reply = await fetch(`${harbor?.url}${path}`, {
    method,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  const json = /json/.test(reply.headers.get("content-type") ?? "") && text !== "";
  return { status: reply.status, headers: reply.headers, body: json ? JSON.parse(text) : text };
}

const message = (answer: Answer): string | undefined =>
  (answer.body as { errors?: { message: string }[] }).errors?.[0]?.message;

async function bearerOf(authorization: string): Promise<string> {
  const { body } = await ask(
    "GET",
    "/service/token?service=harbor-registry&scope=repository:alpha/app:pull",
    authorization,
  );
  return `Bearer ${(body as { token: string }).token}`;
}

const manifest = "/v2/alpha/app/manifests/v1";

describe("tokens outlive what gave them (10.30)", () => {
  const kills: Readonly<Record<string, (id: number, robot: object) => Promise<Answer>>> = {
    disable: (id, robot) => ask("PUT", `/api/v2.0/robots/${id}`, admin, { ...robot, disable: true }),
    refresh: (id) => ask("PATCH", `/api/v2.0/robots/${id}`, admin, {}),
    delete: (id) => ask("DELETE", `/api/v2.0/robots/${id}`, admin),
  };

  test.for(Object.keys(kills))(
    "%s: the secret is dead at once, the bearer lives to its end and a minute",
    async (how) => {
      const { issuer, lastAcceptedMs } = await start();
      const robot = issuer("puller", pull);
      const old = basic(robot.username, robot.password.reveal());
      const bearer = await bearerOf(old);
      const { body } = await ask("GET", `/api/v2.0/robots/${robot.id}`, admin);
      const kill = kills[how];
      expect((await kill?.(robot.id, body as object))?.status).toBe(200);
      expect((await ask("GET", manifest, old)).status).toBe(401);
      expect((await ask("GET", "/v2/", old)).status).toBe(401);
      expect((await ask("GET", "/service/token?service=harbor-registry", old)).status).toBe(401);
      nowMs += 30 * 60_000 + 60_000;
      const lastMs = nowMs;
      expect((await ask("GET", manifest, bearer)).status).toBe(200);
      nowMs += 1;
      const late = await ask("GET", manifest, bearer);
      expect(late.status).toBe(401);
      expect(late.headers.get("www-authenticate")).toBe('Basic realm="harbor"');
      expect(lastAcceptedMs.get(robot.username)).toBe(lastMs);
    },
  );

  test("a life shorter than a minute is kept to the millisecond", async () => {
    const { issuer, tokenLifetime } = await start({ tokenExpirationMs: 1500, leewayMs: 250 });
    expect(tokenLifetime).toEqual({ lifetimeMs: 1500, leewayMs: 250 });
    const robot = issuer("puller", pull);
    nowMs += 777;
    const login = basic(robot.username, robot.password.reveal());
    const { body } = await ask("GET", "/service/token?service=harbor-registry&scope=repository:alpha/app:pull", login);
    expect(body).toMatchObject({ expires_in: 2 });
    const bearer = await bearerOf(login);
    nowMs += 1750;
    expect((await ask("GET", manifest, bearer)).status).toBe(200);
    nowMs += 1;
    expect((await ask("GET", manifest, bearer)).status).toBe(401);
  });

  test("a bearer with another signature, or none, is none", async () => {
    const { issuer } = await start();
    const robot = issuer("puller", pull);
    const bearer = await bearerOf(basic(robot.username, robot.password.reveal()));
    const [head, claims, signature = ""] = bearer.split(".");
    const forged = Buffer.from(signature, "base64url");
    forged[7] = (forged[7] ?? 0) ^ 1;
    for (const end of [forged.toString("base64url"), ""]) {
      expect((await ask("GET", manifest, `${head}.${claims}.${end}`)).status).toBe(401);
    }
  });
});

describe("pulls and the log (10.33 to 10.35)", () => {
  async function pullRows(): Promise<number> {
    const { body } = await ask("GET", "/api/v2.0/auditlog-exts?q=operation%253Dpull&page_size=100", admin);
    return (body as object[]).length;
  }

  test("GET writes a row; HEAD, 304, another Harbor, blobs and tokens none", async () => {
    const { issuer } = await start();
    const robot = issuer("puller", pull);
    const login = basic(robot.username, robot.password.reveal());
    const first = await ask("GET", manifest, login);
    expect(await pullRows()).toBe(1);
    const digest = first.headers.get("docker-content-digest") ?? "";
    expect((await ask("HEAD", manifest, login)).status).toBe(200);
    expect((await ask("GET", manifest, login, undefined, { "if-none-match": `"${digest}"` })).status).toBe(304);
    await ask("GET", manifest, login, undefined, { "user-agent": "harbor-registry-client" });
    const layer = (first.body as { layers: { digest: string }[] }).layers[0]?.digest;
    const blob = await ask("GET", `/v2/alpha/app/blobs/${layer}`, login);
    expect(blob).toMatchObject({ status: 200, body: "a layer" });
    const rest = await ask("GET", `/v2/alpha/app/blobs/${layer}`, login, undefined, { range: "bytes=2-" });
    expect(rest).toMatchObject({ status: 206, body: "layer" });
    await bearerOf(login);
    expect(await pullRows()).toBe(1);
    await ask("GET", `/v2/alpha/app/manifests/${digest}`, login);
    expect(await pullRows()).toBe(2);
  });

  test("making and deleting a robot is logged, PATCH, PUT and refused calls are not", async () => {
    const { issuer } = await start();
    const robot = issuer("one", pull);
    const rows = async () => {
      const { body } = await ask("GET", "/api/v2.0/auditlog-exts?q=resource_type%253Drobot", admin);
      return (body as { operation: string; resource: string }[]).map((row) => `${row.operation} ${row.resource}`);
    };
    await ask("PATCH", `/api/v2.0/robots/${robot.id}`, admin, {});
    await ask("POST", "/api/v2.0/robots", admin, { name: "one", level: "system", duration: -1, permissions: pull });
    expect(await rows()).toEqual(["create robot$one"]);
    await ask("DELETE", `/api/v2.0/robots/${robot.id}`, admin);
    expect(await rows()).toEqual(["delete robot$one", "create robot$one"]);
  });

  test("up to 2.12 the old log has the rows, and the new one does not exist", async () => {
    const { issuer } = await start({ version: "v2.12.4" });
    const robot = issuer("puller", pull);
    await ask("GET", manifest, basic(robot.username, robot.password.reveal()));
    expect((await ask("GET", "/api/v2.0/audit-logs?q=operation%253Dpull", admin)).body).toMatchObject([
      { resource: "alpha/app:v1", username: "robot$puller" },
    ]);
    expect(message(await ask("GET", "/api/v2.0/auditlog-exts", admin))).toBe(
      "path /api/v2.0/auditlog-exts was not found",
    );
  });
});

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
  const createdAtMs = nowMs;
  nowMs += 5 * 86_400_000;
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
    external_url: harbor?.url,
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
