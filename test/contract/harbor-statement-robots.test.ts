import { describe, expect, test } from "vitest";
import { admin, ask, basic, message, pull, sandbox, start } from "./harbor-fixtures.ts";

/** harbor.md section 10, statements 1 to 15 and 22, by number: robots are made and read. */
const robots = "/api/v2.0/robots";

interface Made {
  readonly id: number;
  readonly name: string;
  readonly secret: string;
  readonly creation_time: string;
  readonly expires_at: number;
}

const wanted = (changes: object = {}) => ({
  name: "one",
  level: "system",
  duration: -1,
  permissions: pull,
  ...changes,
});
const make = async (changes: object = {}) => (await ask("POST", robots, admin, wanted(changes))).body as Made;
const refusal = async (changes: object) => {
  const answer = await ask("POST", robots, admin, wanted(changes));
  return [answer.status, message(answer)];
};
const login = async (name: string, secret: string) => (await ask("GET", "/v2/", basic(name, secret))).status;

describe("robots are made", () => {
  test("1: ids grow and are never used twice; a name is free after its deletion", async () => {
    await start();
    const first = await make();
    expect((await ask("POST", robots, admin, wanted())).status).toBe(409);
    expect((await ask("DELETE", `${robots}/${first.id}`, admin)).status).toBe(200);
    const second = await make();
    // The refused one burned an id.
    expect([second.id, second.name]).toEqual([first.id + 2, first.name]);
  });

  test("2: 201, a path as Location, five fields, the name with its prefix", async () => {
    await start();
    const answer = await ask("POST", robots, admin, wanted());
    const made = answer.body as Made;
    expect([answer.status, answer.headers.get("location")]).toEqual([201, `${robots}/${made.id}`]);
    expect(Object.keys(made).sort()).toEqual(["creation_time", "expires_at", "id", "name", "secret"]);
    expect(made.name).toBe("robot$one");
  });

  test.for(["Upper", "a__b", "-a", "a-", "a+b", "a b", "", undefined])("3: the name %j is refused", async (name) => {
    await start();
    const text = "robot name is not in lower case or contains illegal characters";
    expect(await refusal({ name })).toEqual([400, text]);
  });

  test.for(["a", "1", "a.b_c-d"])("3: the name %j is taken", async (name) => {
    await start();
    expect((await make({ name })).name).toBe(`robot$${name}`);
  });

  test("4: one name at the system and in each project", async () => {
    const { createProject } = await start();
    createProject("beta", { public: false });
    const inProject = (namespace: string) => ({ level: "project", permissions: [{ ...pull[0], namespace }] });
    const names = [await make(), await make(inProject("alpha")), await make(inProject("beta"))].map(({ name }) => name);
    expect(names).toEqual(["robot$one", "robot$alpha+one", "robot$beta+one"]);
  });

  test("5: a second of one name is a conflict; of three at once one is made", async () => {
    await start();
    await make();
    expect(await refusal({})).toEqual([409, "robot account 0:one already exists"]);
    const project = { name: "bot", level: "project" };
    await make(project);
    expect(await refusal(project)).toEqual([409, "robot account 2:alpha+bot already exists"]);
    const three = await Promise.all([1, 2, 3].map(() => ask("POST", robots, admin, wanted({ name: "race" }))));
    expect(three.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  test("6: a secret and `disable` in the body are ignored", async () => {
    await start();
    const made = await make({ secret: "Chosen-secret-1", disable: true });
    expect(made.secret).not.toBe("Chosen-secret-1");
    expect(await login(made.name, made.secret)).toBe(200);
  });

  test("7: secrets are 32 letters and digits of three classes, each another", async () => {
    await start();
    const secrets = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => (await make({ name: `r${index}` })).secret),
    );
    for (const secret of secrets) expect(secret).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9]{32}$/);
    expect(new Set(secrets).size).toBe(50);
  });

  test.for([0, -2, 2147483647, undefined, null])("8: the duration %j is refused", async (duration) => {
    await start();
    const shown = duration ?? 0;
    const text = `bad request error duration input: ${shown}, duration must be either -1(Never) or a positive integer`;
    expect(await refusal({ duration })).toEqual([400, text]);
  });

  test("8: up to 2.10 a duration of 0 is the system's default", async () => {
    await start({ version: "v2.10.3" });
    const made = await make({ duration: 0 });
    expect(made.expires_at).toBe(Math.floor(sandbox.nowMs / 1000) + 30 * 86_400);
  });

  test("9: the end is creation and days, -1 for ever", async () => {
    await start();
    expect((await make()).expires_at).toBe(-1);
    const made = await make({ name: "days", duration: 30 });
    expect(made.expires_at).toBe(Math.floor(Date.parse(made.creation_time) / 1000) + 30 * 86_400);
    expect((await make({ name: "long", duration: 2147483646 })).expires_at).toBeGreaterThan(1e14);
  });

  test("10: empty permissions, empty access, two places of a project robot", async () => {
    await start();
    expect(await refusal({ permissions: [] })).toEqual([400, "bad request empty permission"]);
    expect(await refusal({ permissions: [{ ...pull[0], access: [] }] })).toEqual([400, "bad request empty access"]);
    const two = { level: "project", permissions: [...pull, ...pull] };
    expect(await refusal(two)).toEqual([400, "bad request permission"]);
  });

  test("11: only what the catalogue has", async () => {
    await start();
    const at = (kind: string, resource: string, action: string) => ({
      permissions: [{ kind, namespace: kind === "system" ? "/" : "alpha", access: [{ resource, action }] }],
    });
    expect(await refusal(at("system", "robot", "update"))).toEqual([400, "bad request permission: robot:update"]);
    expect(await refusal(at("project", "*", "*"))).toEqual([400, "bad request permission: *:*"]);
    expect(await refusal(at("project", "repository", "fly"))).toEqual([400, "bad request permission: repository:fly"]);
    expect(await refusal(at("planet", "robot", "list"))).toEqual([400, "bad request permission level: planet"]);
  });
});

describe("robots are read", () => {
  test("12: never a secret; `disable` and `editable` always; permissions in more than one order", async () => {
    const { issuer } = await start();
    const { id } = issuer("maker");
    const seen = new Set<string>();
    for (let index = 0; index < 40; index += 1) {
      const body = (await ask("GET", `${robots}/${id}`, admin)).body as { permissions: { kind: string }[] };
      expect(body).toMatchObject({ disable: false, editable: true });
      expect(body).not.toHaveProperty("secret");
      seen.add(body.permissions.map(({ kind }) => kind).join());
    }
    expect(seen.size).toBe(2);
  });

  test("13: system robots unless a project is named by a positive number", async () => {
    await start();
    await make();
    const inProject = await make({ name: "bot", level: "project" });
    const list = async (q: string) => ask("GET", `${robots}?q=${encodeURIComponent(q)}`, admin);
    const names = async (q: string) => ((await list(q)).body as Made[]).map(({ name }) => name);
    expect(await names("")).toEqual(["robot$one"]);
    expect(await names("Level=project,ProjectID=2")).toEqual([inProject.name]);
    // In lower case it is no key at all.
    expect(await names("level=project")).toEqual(["robot$one"]);
    expect(message(await list("Level=project"))).toBe("must with project ID when to query project robots");
    expect(message(await list("Level=project,ProjectID=0"))).toBe("ProjectID must be a positive integer");
    expect(await names("Level=system")).toEqual(["robot$one"]);
  });

  test("13: before 2.13 a spelled-out `Level=system` lists project robots too", async () => {
    await start({ version: "v2.12.2" });
    await make();
    await make({ name: "bot", level: "project" });
    expect((await ask("GET", `${robots}?q=Level%3Dsystem`, admin)).body).toHaveLength(2);
    expect((await ask("GET", robots, admin)).body).toHaveLength(1);
  });

  test("14: pages of 10, of at most 100; the total; Link with prev before next", async () => {
    await start();
    for (let index = 10; index < 35; index += 1) await make({ name: `r${index}` });
    const over = await ask("GET", `${robots}?page_size=101`, admin);
    expect([over.status, message(over)]).toEqual([
      422,
      "validation failure list:\npage_size in query should be less than or equal to 100",
    ]);
    const second = await ask("GET", `${robots}?page=2`, admin);
    expect(second.body).toHaveLength(10);
    expect(second.headers.get("x-total-count")).toBe("25");
    const links = [1, 3].map((page) => `<${robots}?page=${page}&page_size=10>; rel="${page === 1 ? "prev" : "next"}"`);
    expect(second.headers.get("link")).toBe(links.join(" , "));
    for (const all of ["page_size=0", "page_size=-1"])
      expect((await ask("GET", `${robots}?${all}`, admin)).body).toHaveLength(25);
    expect(message(await ask("GET", `${robots}?page=abc`, admin))).toMatch(/must be of type int64: "abc"$/);
  });

  test("15: `q` is decoded twice, asks the stored name, and ignores unknown keys", async () => {
    await start();
    const { name } = await make({ name: "bot", level: "project" });
    await make();
    const names = async (q: string) =>
      ((await ask("GET", `${robots}?q=Level%3Dproject%2CProjectID%3D2%2C${q}`, admin)).body as Made[]).map(
        (row) => row.name,
      );
    expect(await names("name%3Dalpha%252Bbot")).toEqual([name]);
    expect(await names("name%3Dalpha%2Bbot")).toEqual([]);
    expect(await names("name%3Drobot%2524alpha%252Bbot")).toEqual([]);
    expect(await names("nonsense%3D1")).toEqual([name]);
  });

  test("22: an absent robot is 404 before any 403, but 401 to strangers", async () => {
    const { issuer } = await start();
    const { username, password, id } = issuer("puller", pull);
    const robot = basic(username, password.reveal());
    for (const method of ["GET", "DELETE"]) {
      expect(message(await ask(method, `${robots}/999999`, robot))).toBe("robot 999999 not found");
      expect((await ask(method, `${robots}/${id}`, robot)).status).toBe(403);
      expect((await ask(method, `${robots}/999999`, null)).status).toBe(401);
      expect((await ask(method, `${robots}/999999`, basic(username, "wrong"))).status).toBe(401);
    }
  });
});
