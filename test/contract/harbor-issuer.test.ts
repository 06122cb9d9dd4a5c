import { describe, expect, test } from "vitest";
import { createHarborRegistry } from "../../core/drivers/harbor/registry.ts";
import { chooseStrategy, type SlotsSeen } from "../../core/engine/choose-strategy.ts";
import type { IssuerNeeds, IssuerReport } from "../../core/ports/issuer.ts";
import type { Login, Permission } from "../../core/ports/registry.ts";
import { Secret } from "../../core/secret.ts";
import { expectPortError } from "./contract-case.ts";
import { sandbox, start } from "./harbor-fixtures.ts";

/** What `plan` says of the issuer: which rights it needs, which it has, what the version rules out. */
const administrator: Login = { username: "admin", password: new Secret("Admin-1234") };

function driver(issuer: Login, retirer?: Login) {
  return createHarborRegistry({
    endpoint: sandbox.harbor?.url ?? "",
    issuer: () => issuer,
    ...(retirer === undefined ? {} : { retirer: () => retirer }),
    robotLevel: { level: "system" },
    nowMs: () => sandbox.nowMs,
    sleep: async () => {},
  });
}

const access = (...rights: string[]) =>
  rights.map((right) => ({ resource: right.split(":")[0] ?? "", action: right.split(":")[1] ?? "" }));
const at = (...rights: string[]): Permission => ({ kind: "system", namespace: "/", access: access(...rights) });
const on = (namespace: string, ...rights: string[]): Permission => ({
  kind: "project",
  namespace,
  access: access(...rights),
});
const pulls = [on("alpha", "repository:pull")];
const system: IssuerNeeds = { level: "system", permissions: pulls };
const project: IssuerNeeds = { level: "project", permissions: pulls };
const overRobots = ["robot:create", "robot:read", "robot:list", "robot:delete"];

const verdicts = (report: IssuerReport) =>
  Object.fromEntries(report.identities.flatMap(({ rights }) => rights).map(({ right, verdict }) => [right, verdict]));
const missing = (report: IssuerReport) =>
  report.identities
    .flatMap(({ rights }) => rights)
    .filter(({ verdict, optional }) => verdict === "missing" && !optional);

describe("one login", () => {
  test("a robot with all rights: each is named and held", async () => {
    const { issuer } = await start();
    const report = await driver(issuer("issuer")).inspectIssuer(system);
    expect(report).toMatchObject({ version: "v2.15.2-080b0220", readOnly: false, limits: [] });
    expect(report.identities).toMatchObject([{ username: "robot$issuer", kind: "robot", roles: ["mint", "retire"] }]);
    expect(verdicts(report)).toEqual({
      "robot:create at system": "held",
      "robot:list at system": "held",
      "robot:read at system": "held",
      "robot:delete at system": "held",
      "repository:pull on project alpha": "held",
      "audit-log:list at system": "held",
    });
  });

  test("what is missing is found without a write", async () => {
    const { issuer, counts } = await start();
    const login = issuer(
      "issuer",
      [at("robot:create", "robot:list"), on("beta-not-there", "repository:pull")].slice(0, 1),
    );
    const report = await driver(login).inspectIssuer(system);
    expect(missing(report).map(({ right }) => right)).toEqual([
      "robot:read at system",
      "robot:delete at system",
      "repository:pull on project alpha",
    ]);
    expect(verdicts(report)["audit-log:list at system"]).toBe("missing");
    for (const kind of ["robot.create", "robot.update", "robot.refresh", "robot.delete"])
      expect(counts.get(kind)).toBeUndefined();
  });

  test("a robot that may not list robots is told that it lacks that, the rest is unknown", async () => {
    const { issuer } = await start();
    const report = await driver(issuer("issuer", [at("robot:create"), ...pulls])).inspectIssuer(system);
    expect(verdicts(report)).toMatchObject({
      "robot:create at system": "unknown",
      "robot:delete at system": "unknown",
    });
  });

  test("rights must stand in one entry, the exact one before that of all projects", async () => {
    const { issuer } = await start();
    const both = { level: "system", permissions: [on("alpha", "repository:pull", "repository:push")] } as const;
    const split = issuer("split", [
      at(...overRobots),
      on("alpha", "repository:pull"),
      on("*", "repository:pull", "repository:push"),
    ]);
    expect(missing(await driver(split).inspectIssuer(both)).map(({ right }) => right)).toEqual([
      "repository:push on project alpha",
    ]);
    // And Harbor says so too.
    const request = { name: "x", description: "", durationDays: 1, ...both };
    await expectPortError(driver(split).mint(request), "denied", "missing-right");
    const whole = issuer("whole", [at(...overRobots), on("*", "repository:pull", "repository:push")]);
    expect(missing(await driver(whole).inspectIssuer(both))).toEqual([]);
    expect((await driver(whole).mint(request)).id).toBeGreaterThan(0);
  });

  test("robots of fixed names need robot:update, which no robot can have; deletion is then not needed", async () => {
    const { issuer, createUser } = await start();
    createUser("owner", "Owner-1234", { alpha: "projectAdmin" });
    const owner = { username: "owner", password: new Secret("Owner-1234") };
    const lacking = missing(await driver(issuer("issuer")).inspectIssuer({ ...system, refreshes: true }));
    expect(lacking.map(({ right }) => right)).toEqual(["robot:update at system"]);
    expect(lacking[0]?.why).toContain("Harbor grants robot:update to no robot");
    const report = await driver(administrator).inspectIssuer({ ...system, refreshes: true });
    expect(verdicts(report)["robot:update at system"]).toBe("held");
    const ofProject = await driver(owner).inspectIssuer({ ...project, refreshes: true });
    expect(verdicts(ofProject)["robot:update at project alpha"]).toBe("held");
    expect(report.identities[0]?.rights.find(({ right }) => right.startsWith("robot:delete"))?.optional).toBe(true);
  });

  test("the administrator has all; a project's administrator has those of the project", async () => {
    const { createUser } = await start();
    createUser("owner", "Owner-1234", { alpha: "projectAdmin" });
    createUser("dev", "Developer-1234", { alpha: "developer" });
    const owner = { username: "owner", password: new Secret("Owner-1234") };
    const dev = { username: "dev", password: new Secret("Developer-1234") };
    expect(missing(await driver(administrator).inspectIssuer(system))).toEqual([]);
    expect(missing(await driver(owner).inspectIssuer(project))).toEqual([]);
    expect(missing(await driver(owner).inspectIssuer(system))[0]?.why).toMatch(/no administrator/);
    expect(missing(await driver(dev).inspectIssuer(project)).map(({ right }) => right)).toEqual([
      "robot:create at project alpha",
      "robot:delete at project alpha",
    ]);
    const request = { name: "x", description: "", durationDays: 1, ...project };
    const minted = await driver(owner).mint(request);
    await driver(owner).remove(minted.id);
    await expectPortError(driver(dev).mint(request), "denied", "missing-right");
  });

  test("read-only mode is told, and is no missing right", async () => {
    const { issuer, setReadOnly } = await start();
    const login = issuer("issuer");
    setReadOnly(true);
    const report = await driver(login).inspectIssuer(system);
    expect([report.readOnly, missing(report)]).toEqual([true, []]);
  });

  test("a refused login is that, not a lack of rights", async () => {
    await start();
    const wrong = { ...administrator, password: new Secret("Wrong-1234") };
    await expectPortError(driver(wrong).inspectIssuer(system), "denied", "bad-credentials");
  });
});

describe("two logins", () => {
  test("one that only mints and one that only retires", async () => {
    const { issuer, robots } = await start();
    const minter = issuer("minter", [at("robot:create"), ...pulls]);
    const retirer = issuer("retirer", [at("robot:list", "robot:read", "robot:delete", "audit-log:list")]);
    const both = driver(minter, retirer);
    const report = await both.inspectIssuer(system);
    expect(report.identities.map(({ username, roles }) => [username, roles])).toEqual([
      ["robot$minter", ["mint"]],
      ["robot$retirer", ["retire"]],
    ]);
    expect(missing(report)).toEqual([]);
    expect(Object.values(verdicts(report))).not.toContain("unknown");
    const { id } = await both.mint({ name: "x-g1", description: "", durationDays: 1, ...system });
    expect((await both.list("x-g")).robots.map((robot) => robot.id)).toEqual([id]);
    await both.remove(id);
    expect(robots().find((robot) => robot.id === id)?.deletedAtMs).not.toBeNull();
    // Neither can do the other's part.
    await expectPortError(
      driver(retirer).mint({ name: "y", description: "", durationDays: 1, ...system }),
      "denied",
      "missing-right",
    );
    await expectPortError(driver(minter).list("x-g"), "denied", "missing-right");
  });
});

describe("versions", () => {
  test.for(["v2.10.3", "v2.11.2"])("%s: robots cannot be issuers, a person can", async (version) => {
    const { issuer } = await start({ version });
    const login = issuer("issuer", pulls);
    const report = await driver(login).inspectIssuer(system);
    expect(missing(report)[0]?.why).toBe("up to 2.11 no robot can hold rights over robots: name a person as issuer");
    expect(report.limits[0]).toBe("up to 2.11 no robot can mint robots: the issuer must be a person");
    expect(missing(await driver(administrator).inspectIssuer(system))).toEqual([]);
  });

  test.for(["v2.12.4", "v2.13.5", "v2.14.0"])("%s: a system robot cannot mint project robots", async (version) => {
    const { issuer } = await start({ version });
    const login = issuer("issuer", [at(...overRobots), on("*", ...overRobots, "repository:pull")]);
    const report = await driver(login).inspectIssuer(project);
    expect(missing(report).map(({ right }) => right)).toEqual(["robot:create at project alpha"]);
    expect(missing(report)[0]?.why).toMatch(/^2\.12\.0 to 2\.14\.0: a system robot cannot mint project robots/);
    expect(missing(await driver(login).inspectIssuer(system))).toEqual([]);
  });

  test("v2.12.0: rights on all projects cover no named one", async () => {
    const { issuer } = await start({ version: "v2.12.0" });
    const login = issuer("issuer", [at(...overRobots), on("*", "repository:pull")]);
    expect(missing(await driver(login).inspectIssuer(system)).map(({ right }) => right)).toEqual([
      "repository:pull on project alpha",
    ]);
    const request = { name: "x", description: "", durationDays: 1, ...system };
    await expectPortError(driver(login).mint(request), "denied", "missing-right");
  });

  test.for(["v2.14.1", "v2.15.2", "v2.16.0"])("%s has no limits to tell", async (version) => {
    await start({ version });
    expect((await driver(administrator).inspectIssuer(project)).limits).toEqual([]);
  });
});

describe("strategy: auto", () => {
  const none: SlotsSeen = { a: "free", b: "free" };
  const there: SlotsSeen = { a: "ours", b: "ours" };

  async function chosen(login: Login, needs: IssuerNeeds, seen: SlotsSeen = none) {
    const { identities } = await driver(login).inspectIssuer({ ...needs, refreshes: "maybe" });
    const rights = identities.flatMap((identity) => identity.rights);
    return chooseStrategy({ rights, problem: null, acceptFailedPulls: false, hasWaves: false }, null, seen);
  }

  test.for(["v2.10.3", "v2.11.2", "v2.12.0", "v2.15.2"])("%s: people may all that is safest", async (version) => {
    const { createUser } = await start({ version });
    createUser("owner", "Owner-1234", { alpha: "projectAdmin" });
    const owner = { username: "owner", password: new Secret("Owner-1234") };
    expect((await chosen(administrator, system)).strategy).toBe("generations");
    expect((await chosen(owner, project)).strategy).toBe("generations");
    const nothing = await chosen(owner, system);
    expect(nothing.strategy).toBeNull();
    expect(nothing.why).toMatch(
      /^generations cannot be: .* \(a person who is no administrator .*\. alternating cannot be: .*\. in-place cannot be: /,
    );
  });

  test.for<readonly [string, string | null, string | null]>([
    ["v2.11.2", null, null],
    ["v2.12.0", "generations", null],
    ["v2.14.0", "generations", null],
    ["v2.15.2", "generations", "generations"],
  ])(
    "%s: a robot of the system makes robots of it by %s, robots of a project by %s",
    async ([version, ofSystem, ofProject]) => {
      const { issuer } = await start({ version });
      const old = version === "v2.11.2";
      const login = issuer("issuer", old ? pulls : [at(...overRobots), on("alpha", ...overRobots, "repository:pull")]);
      expect((await chosen(login, system)).strategy).toBe(ofSystem);
      expect((await chosen(login, project)).strategy).toBe(ofProject);
    },
  );

  test("a robot of before 2.10 may still refresh robots: two that are there take turns, and the issuer can do it", async () => {
    const { issuer, grantByHand } = await start();
    const login = issuer("issuer", [at("robot:list", "robot:read"), ...pulls]);
    expect((await chosen(login, system, there)).strategy).toBeNull();
    grantByHand(login.id, { resource: "robot", action: "update", effect: "" });
    expect((await chosen(login, system, there)).strategy).toBe("alternating");
    expect((await chosen(login, system)).strategy).toBeNull();
    const made = await driver(administrator).mint({ name: "x-ga", description: "", durationDays: 1, ...system });
    const password = new Secret("Refreshed-1234");
    await driver(login).refresh(made.id, password);
    const { endpoints } = await driver(login).probe({ ...made, password }, { repository: null, action: "pull" });
    expect(endpoints.map(({ verdict }) => verdict)).toEqual(["accepted"]);
  });
});

describe("how long it lives", () => {
  const issuing = [at(...overRobots), ...pulls];
  const request = { description: "", level: "system" as const, permissions: issuing };

  test("a robot's end is told by its own row, a person has none", async () => {
    await start();
    const administrator = driver({ username: "admin", password: new Secret("Admin-1234") });
    const made = await administrator.mint({ ...request, name: "short-lived", durationDays: 5 });
    const { robots, serverMs } = await driver(made).issuerLives();
    expect(robots).toEqual([{ username: "robot$short-lived", expiresAtMs: made.expiresAtMs }]);
    expect(serverMs).not.toBeNull();
    expect((await administrator.issuerLives()).robots).toEqual([]);
  });

  test("for ever is told too; what it may not look at is left out", async () => {
    const { issuer } = await start();
    expect((await driver(issuer("issuer")).issuerLives()).robots).toEqual([
      { username: "robot$issuer", expiresAtMs: null },
    ]);
    const blind = issuer("blind", [at("robot:create"), ...pulls]);
    expect((await driver(blind).issuerLives()).robots).toEqual([]);
  });
});
