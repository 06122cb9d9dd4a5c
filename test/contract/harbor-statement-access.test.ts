import { describe, expect, test } from "vitest";
import { admin, ask, basic, manifest, message, pull, sandbox, start } from "./harbor-fixtures.ts";

/** harbor.md section 10, statements 23 to 28, 31, 32, 45, 51 to 53 and 55: who may do what, and logins. */
const robots = "/api/v2.0/robots";
const own = "/api/v2.0/users/current/permissions";

const child = (changes: object = {}) => ({
  name: "child",
  level: "system",
  duration: -1,
  permissions: pull,
  ...changes,
});

describe("robots over robots", () => {
  test("23: what is handed out must be held, in one entry, by the letter", async () => {
    const { issuer, createProject } = await start();
    createProject("beta", { public: false });
    const makers = [{ kind: "system", namespace: "/", access: [{ resource: "robot", action: "create" }] }];
    const on = (namespace: string, ...actions: string[]) => ({
      kind: "project",
      namespace,
      access: actions.map((action) => ({ resource: "repository", action })),
    });
    const login = issuer("maker", [...makers, on("alpha", "pull"), on("*", "pull", "push")]);
    const maker = basic(login.username, login.password.reveal());
    const ask1 = async (permission: object, name: string) =>
      (await ask("POST", robots, maker, child({ name, permissions: [permission] }))).status;
    // The exact entry wins over `*`; entries are not added up.
    expect(await ask1(on("alpha", "push"), "a")).toBe(403);
    expect(await ask1(on("beta", "push"), "b")).toBe(201);
    const spelled = { ...on("beta"), access: [{ resource: "repository", action: "pull", effect: "allow" }] };
    const refused = await ask("POST", robots, maker, child({ permissions: [spelled] }));
    expect(message(refused)).toMatch(/^permission scope is invalid\. .*: robot\$maker$/);
  });

  test.for([
    ["v2.11.2", 400, 400],
    ["v2.12.0", 201, 403],
    ["v2.13.5", 201, 403],
    ["v2.14.0", 201, 403],
    ["v2.14.1", 201, 201],
    ["v2.15.2", 201, 201],
    ["v2.16.0", 201, 201],
  ] as const)(
    "24: %s: a system robot makes a system robot (%i) and a project robot (%i)",
    async ([version, system, project]) => {
      await start({ version });
      const rights = [
        { kind: "system", namespace: "/", access: [{ resource: "robot", action: "create" }] },
        {
          kind: "project",
          namespace: "alpha",
          access: [
            { resource: "robot", action: "create" },
            { resource: "repository", action: "pull" },
          ],
        },
      ];
      const made = await ask("POST", robots, admin, child({ name: "maker", permissions: rights }));
      if (system === 400) {
        // Up to 2.11 no robot may hold rights over robots.
        expect([made.status, message(made)]).toEqual([400, "bad request permission: robot:create"]);
        return;
      }
      const { name, secret } = made.body as { name: string; secret: string };
      expect((await ask("POST", robots, basic(name, secret), child())).status).toBe(system);
      const inProject = await ask("POST", robots, basic(name, secret), child({ name: "bot", level: "project" }));
      expect(inProject.status).toBe(project);
      if (project === 403) expect(message(inProject)).toBe("denied");
    },
  );

  test("25: who made a robot is told, and stays told when the maker is gone", async () => {
    const { issuer } = await start();
    const maker = issuer("maker");
    const made = await ask("POST", robots, basic(maker.username, maker.password.reveal()), child());
    await ask("DELETE", `${robots}/${maker.id}`, admin);
    const { id } = made.body as { id: number };
    expect((await ask("GET", `${robots}/${id}`, admin)).body).toMatchObject({
      creator_type: "robot",
      creator_ref: maker.id,
    });
    const byAdmin = issuer("other", pull);
    expect((await ask("GET", `${robots}/${byAdmin.id}`, admin)).body).toMatchObject({
      creator_type: "local",
      creator_ref: 1,
    });
  });
});

describe("logins", () => {
  test("26: wrong, unknown, disabled, expired: one and the same 401", async () => {
    const { issuer, setExpiry } = await start();
    const gone = issuer("gone", pull);
    const off = issuer("off", pull);
    setExpiry(gone.id, Math.floor(sandbox.nowMs / 1000));
    await ask("PUT", `${robots}/${off.id}`, admin, child({ name: off.username, disable: true }));
    const answers = await Promise.all([
      ask("GET", own, basic("robot$gone", gone.password.reveal())),
      ask("GET", own, basic("robot$off", off.password.reveal())),
      ask("GET", own, basic("robot$off", "wrong")),
      ask("GET", own, basic("robot$nobody", "wrong")),
    ]);
    for (const { status, body } of answers)
      expect([status, body]).toEqual([401, { errors: [{ code: "UNAUTHORIZED", message: "unauthorized" }] }]);
  });

  test("27: a robot ends within its second, by the server's clock", async () => {
    const { issuer, setExpiry } = await start();
    const { id, username, password } = issuer("one", pull);
    setExpiry(id, Math.floor(sandbox.nowMs / 1000) + 2);
    const status = async () => (await ask("GET", own, basic(username, password.reveal()))).status;
    sandbox.nowMs += 1999;
    expect(await status()).toBe(200);
    sandbox.nowMs += 1;
    expect(await status()).toBe(401);
  });

  test("28: a failure waits; further ones of that name fail at once; a robot's right secret does not care", async () => {
    const { issuer } = await start({ failedLoginDelayMs: 300 });
    const { username, password } = issuer("one", pull);
    let waiting = true;
    const first = ask("GET", own, basic(username, "wrong")).then((answer) => {
      waiting = false;
      return answer.status;
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await ask("GET", own, basic(username, "wrong"))).status).toBe(401);
    expect((await ask("GET", own, basic(username, password.reveal()))).status).toBe(200);
    expect(waiting).toBe(true);
    expect(await first).toBe(401);
  });

  test("55: a person's right password is refused while a wrong one waits, and taken after", async () => {
    await start({ failedLoginDelayMs: 200 });
    const wrong = ask("GET", own, basic("admin", "wrong"));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await ask("GET", own, admin)).status).toBe(401);
    expect((await wrong).status).toBe(401);
    expect((await ask("GET", own, admin)).status).toBe(200);
  });

  test("31, 32: `/v2/` with Basic; its challenge is Basic to who sent a login, Bearer to others", async () => {
    const { issuer } = await start();
    const { username, password } = issuer("one", pull);
    expect((await ask("GET", "/v2/", basic(username, password.reveal()))).status).toBe(200);
    const wrong = await ask("GET", "/v2/", basic(username, "wrong"));
    expect([wrong.status, wrong.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="harbor"']);
    const realm = `Bearer realm="${sandbox.harbor?.url}/service/token",service="harbor-registry"`;
    expect((await ask("GET", "/v2/", null)).headers.get("www-authenticate")).toBe(realm);
    const scope = `${realm},scope="repository:alpha/app:pull"`;
    expect((await ask("GET", manifest, null)).headers.get("www-authenticate")).toBe(scope);
  });

  test("45: another prefix renames all at once, and back", async () => {
    const { issuer } = await start();
    const { password } = issuer("one", pull);
    const status = async (name: string) => (await ask("GET", "/v2/", basic(name, password.reveal()))).status;
    const configure = (prefix: string) => ask("PUT", "/api/v2.0/configurations", admin, { robot_name_prefix: prefix });
    await configure("bot_");
    expect([await status("robot$one"), await status("bot_one")]).toEqual([401, 200]);
    await configure("robot$");
    expect([await status("robot$one"), await status("bot_one")]).toEqual([200, 401]);
  });

  test.for([
    ["v2.15.2", 200],
    ["v2.16.0", 400],
  ] as const)("45: %s answers %i to an empty prefix", async ([version, status]) => {
    await start({ version });
    expect((await ask("PUT", "/api/v2.0/configurations", admin, { robot_name_prefix: "" })).status).toBe(status);
  });

  test("51: own permissions: 200 for every valid robot, its rights at a project, 401 for others", async () => {
    const { issuer } = await start();
    const { username, password } = issuer("one", pull);
    const robot = basic(username, password.reveal());
    const at = async (scope: string) => (await ask("GET", `${own}?scope=${scope}&relative=true`, robot)).body;
    expect((await ask("GET", own, robot)).body).toEqual([]);
    expect(await at("/project/2")).toEqual([{ action: "pull", resource: "repository" }]);
    expect([await at("/project/1"), await at("/system")]).toEqual([expect.any(Array), []]);
    expect((await ask("GET", own, basic(username, "wrong"))).status).toBe(401);
    expect((await ask("GET", own, null)).status).toBe(401);
  });

  test("52: every effect but none and `allow` denies, and a denial wins", async () => {
    await start();
    const access = (...effects: string[]) => [
      { ...pull[0], access: effects.map((effect) => ({ resource: "repository", action: "pull", effect })) },
    ];
    for (const [name, effects, status] of [
      ["allow", ["allow"], 200],
      ["deny", ["deny"], 401],
      ["maybe", ["maybe"], 401],
      ["both", ["allow", "deny"], 401],
    ] as const) {
      const made = (await ask("POST", robots, admin, child({ name, permissions: access(...effects) }))).body as {
        name: string;
        secret: string;
      };
      expect((await ask("GET", manifest, basic(made.name, made.secret))).status, name).toBe(status);
    }
  });

  test("53: a deleted project takes its robots along, empties scopes, and does not bring them back", async () => {
    const { issuer, pushImage, createProject } = await start();
    createProject("gone", { public: false });
    const scope = [{ ...pull[0], namespace: "gone" }];
    const { id, username, password } = issuer("one", scope);
    const bot = (await ask("POST", robots, admin, child({ level: "project", permissions: scope }))).body as {
      id: number;
    };
    expect((await ask("DELETE", "/api/v2.0/projects/gone", admin)).status).toBe(200);
    expect((await ask("POST", "/api/v2.0/projects", admin, { project_name: "gone" })).status).toBe(201);
    pushImage("gone", "app", "v1", [Buffer.from("new")]);
    expect((await ask("GET", `${robots}/${bot.id}`, admin)).status).toBe(404);
    expect((await ask("GET", `${robots}/${id}`, admin)).body).toMatchObject({ permissions: [] });
    expect((await ask("GET", "/v2/gone/app/manifests/v1", basic(username, password.reveal()))).status).toBe(401);
  });
});
