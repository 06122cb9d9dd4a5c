import { describe, expect, test } from "vitest";
import { discover } from "../../core/app/discover.ts";
import { createHarborInventory } from "../../core/drivers/harbor/inventory.ts";
import type { Login } from "../../core/ports/registry.ts";
import { Secret } from "../../core/secret.ts";
import { expectPortError } from "./contract-case.ts";
import { admin, ask, basic, manifest, pull, sandbox, start } from "./harbor-fixtures.ts";

/** What `capstan discover` asks of a Harbor. */
const administrator: Login = { username: "admin", password: new Secret("Admin-1234") };

function inventory(login = administrator) {
  return createHarborInventory({
    endpoint: sandbox.harbor?.url ?? "",
    issuer: () => login,
    nowMs: () => sandbox.nowMs,
    sleep: async () => {},
  });
}

const look = (login?: Login) =>
  discover({ inventory: inventory(login), clusters: {}, nowMs: () => sandbox.nowMs, hosts: [] });
const make = async (body: object) =>
  (await ask("POST", "/api/v2.0/robots", admin, { duration: -1, permissions: pull, level: "system", ...body }))
    .body as {
    id: number;
    name: string;
    secret: string;
  };
const requests = () => [...(sandbox.harbor?.counts.values() ?? [])].reduce((sum, count) => sum + count, 0);

test("2,000 robots in 50 projects are looked at within 1,000 requests", async () => {
  const { createProject, issuer } = await start();
  const wanted: { name: string; project: string | null }[] = [];
  for (let project = 0; project < 50; project += 1) {
    createProject(`team-${project}`, { public: false });
    for (let robot = 0; robot < 36; robot += 1) wanted.push({ name: `bot-${robot}`, project: `team-${project}` });
  }
  for (let robot = 0; robot < 200; robot += 1) wanted.push({ name: `global-${robot}`, project: null });
  for (let from = 0; from < wanted.length; from += 50) {
    const some = wanted.slice(from, from + 50);
    await Promise.all(
      some.map(({ name, project }) =>
        project === null
          ? issuer(name, pull)
          : make({ name, level: "project", permissions: [{ ...pull[0], namespace: project }] }),
      ),
    );
  }
  const before = requests();
  const found = await look();
  const used = requests() - before;
  expect(found.robots).toHaveLength(2000);
  expect(new Set(found.robots.map(({ robot }) => robot.id)).size).toBe(2000);
  expect(used).toBeLessThanOrEqual(1000);
  // The log may cost 200 pages more, at most.
  expect(used).toBeLessThanOrEqual(800);
});

describe("robots", () => {
  test("of all levels, with place, maker, age, end and rights", async () => {
    const { issuer } = await start();
    const maker = issuer("maker");
    const body = { name: "child", level: "project", duration: 7, permissions: pull };
    const child = await ask("POST", "/api/v2.0/robots", basic(maker.username, maker.password.reveal()), body);
    sandbox.nowMs += 3_600_000;
    const { robots } = await look();
    const row = robots.find(({ robot }) => robot.id === (child.body as { id: number }).id);
    expect(row).toMatchObject({ creator: "robot$maker", ageMs: 3_600_000, credential: null, useText: "no evidence" });
    expect(row?.robot).toMatchObject({ level: "project", project: "alpha", permissions: pull });
    expect(robots.find(({ robot }) => robot.username === "robot$maker")?.creator).toBe("admin");
    await ask("DELETE", `/api/v2.0/robots/${maker.id}`, admin);
    const after = await look();
    expect(after.robots.find(({ robot }) => robot.project === "alpha")?.creator).toBe(`robot ${maker.id}, gone`);
    expect(after.findings.find(({ code }) => code === "outlives-creator")?.about).toEqual(["robot$alpha+child"]);
  });

  test.for(["v2.10.3", "v2.12.4", "v2.13.5", "v2.16.0"])("%s: each once, whatever its list mixes", async (version) => {
    await start({ version });
    await make({ name: "one" });
    await make({ name: "two", level: "project" });
    const { robots } = await look();
    expect(robots.map(({ robot }) => [robot.username, robot.project])).toEqual([
      ["robot$one", null],
      ["robot$alpha+two", "alpha"],
    ]);
    expect(robots[0]?.creator).toBe(version === "v2.10.3" ? "not told before 2.12" : "admin");
  });

  test("a login with fewer rights sees less, and what it does not see is named", async () => {
    const { issuer } = await start();
    const rights = [
      { kind: "system", namespace: "/", access: [{ resource: "robot", action: "list" }] },
      { kind: "project", namespace: "alpha", access: [{ resource: "project", action: "read" }] },
    ];
    const login = issuer("looker", rights);
    await make({ name: "two", level: "project" });
    const { robots, notLooked } = await look(login);
    expect(robots.map(({ robot }) => robot.username)).toEqual(["robot$looker"]);
    const places = notLooked.map(({ place }) => place);
    expect(places).toContain("robots of project alpha");
    expect(places).toContain("settings");
    expect(places).toContain("use of robots");
  });

  test("a refused login is an error, not an empty inventory", async () => {
    await start();
    await expectPortError(look({ ...administrator, password: new Secret("Wrong-1234") }), "denied", "bad-credentials");
  });
});

describe("use", () => {
  test("the last pull of each, by one pass from the newest on, that ends when all were seen", async () => {
    const { counts } = await start();
    const old = await make({ name: "old" });
    const fresh = await make({ name: "fresh" });
    const quiet = await make({ name: "quiet" });
    await ask("GET", manifest, basic(old.name, old.secret));
    const oldMs = sandbox.nowMs;
    sandbox.nowMs += 3 * 86_400_000;
    for (let pulls = 0; pulls < 250; pulls += 1) await ask("GET", manifest, basic(fresh.name, fresh.secret));
    const { robots } = await look();
    const use = Object.fromEntries(
      robots.map(({ robot, lastUsedMs, useText }) => [robot.username, lastUsedMs ?? useText]),
    );
    expect(use).toEqual({
      [old.name]: oldMs,
      [fresh.name]: sandbox.nowMs,
      [quiet.name]: "not within the last 3d, all that the log has",
    });
    expect(counts.get("audit.list")).toBe(3);
    await inventory().lastUses(new Set([fresh.name]), 200);
    expect(counts.get("audit.list")).toBe(4);
    // Older use than the pages reach is not claimed to be none.
    const cut = await inventory().lastUses(new Set([old.name]), 2);
    expect([cut.whole, cut.lastMs.has(old.name), counts.get("audit.list")]).toEqual([false, false, 6]);
  });

  test("up to 2.12 the old log is read", async () => {
    await start({ version: "v2.12.4" });
    const robot = await make({ name: "one" });
    await ask("GET", manifest, basic(robot.name, robot.secret));
    expect((await look()).robots[0]?.lastUsedMs).toBe(sandbox.nowMs);
  });
});

test("robots that may do more than their maker may now are found", async () => {
  const { issuer } = await start();
  const rights = { kind: "system", namespace: "/", access: [{ resource: "robot", action: "create" }] };
  const maker = issuer("maker", [rights, ...pull]);
  const authorization = basic(maker.username, maker.password.reveal());
  const body = { name: "child", level: "system", duration: 7, permissions: pull };
  const child = (await ask("POST", "/api/v2.0/robots", authorization, body)).body as { name: string };
  const about = async () => (await look()).findings.find(({ code }) => code === "outlives-creator")?.about;
  expect(await about()).toBeUndefined();
  const row = (await ask("GET", `/api/v2.0/robots/${maker.id}`, admin)).body as object;
  await ask("PUT", `/api/v2.0/robots/${maker.id}`, admin, { ...row, permissions: [rights] });
  expect(await about()).toEqual([child.name]);
  await ask("PUT", `/api/v2.0/robots/${maker.id}`, admin, { ...row, disable: true });
  expect(await about()).toEqual([child.name]);
});

describe("findings about the installation", () => {
  const codes = async () => (await look()).findings.map(({ code }) => code);

  test("webhooks are read to their end", async () => {
    const { createProject } = await start();
    createProject("many", { public: false });
    const targets = [{ type: "http", address: "http://hook.example", auth_header: "Bearer x" }];
    for (let index = 0; index < 120; index += 1)
      await ask("POST", "/api/v2.0/projects/many/webhook/policies", admin, {
        ...{ name: `hook-${index}`, enabled: true, event_types: ["PULL_ARTIFACT"] },
        targets: index === 0 ? targets : [{ type: "http", address: "http://hook.example" }],
      });
    // The sandbox lists the newest first: the only one with a header is on the second page.
    const { findings } = await look();
    expect(findings.find(({ code }) => code === "webhook-header-readable")?.about).toEqual(["many/hook-0"]);
  });

  test("a tidy Harbor has none", async () => {
    await start();
    await ask("PUT", "/api/v2.0/configurations", admin, { project_creation_restriction: "adminonly" });
    const robot = await make({ name: "one", duration: 30 });
    await ask("GET", manifest, basic(robot.name, robot.secret));
    expect(await codes()).toEqual([]);
  });

  test("each of the others is found, with what it is about", async () => {
    const { setReadOnly } = await start();
    await make({ name: "one" });
    const targets = [{ type: "http", address: "http://hook.example", auth_header: "Bearer hook-canary" }];
    const hook = { name: "ci", enabled: true, event_types: ["PULL_ARTIFACT"], targets };
    await ask("POST", "/api/v2.0/projects/alpha/webhook/policies", admin, hook);
    await ask("PUT", "/api/v2.0/configurations", admin, {
      disabled_audit_log_event_types: "pull_artifact",
      token_expiration: 600,
      robot_name_prefix: "r:",
    });
    setReadOnly(true);
    const { findings } = await look();
    expect(Object.fromEntries(findings.map(({ code, about }) => [code, about]))).toEqual({
      "webhook-header-readable": ["alpha/ci"],
      "name-prefix": ['"r:"'],
      "audit-off": ["v2.15.2-080b0220"],
      "token-lifetime": ["600 minutes"],
      "read-only": ["v2.15.2-080b0220"],
      "pull-robots-may-create-projects": ["r:one"],
      "never-expires": ["r:one"],
    });
    expect(JSON.stringify(findings)).not.toContain("hook-canary");
  });
});
