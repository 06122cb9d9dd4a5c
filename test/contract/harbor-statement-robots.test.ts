import { describe, expect, test } from "vitest";
import { admin, ask, basic, message, pull, sandbox, start } from "./harbor-fixtures.ts";

/** harbor.md section 10, statements 1 to 22 and 47 to 50, by number: robots and their calls. */
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

describe("robots are changed", () => {
  const patch = (id: number, body: object) => ask("PATCH", `${robots}/${id}`, admin, body);

  test("16: PATCH makes a secret, takes one, refuses a weak one; unknown fields alone make one", async () => {
    await start();
    const { id, name } = await make();
    for (const body of [{}, { secret: "" }, { secret: null }, { foo: "bar" }])
      expect((await patch(id, body)).body).toEqual({ secret: expect.stringMatching(/^[A-Za-z0-9]{32}$/) });
    for (let twice = 0; twice < 2; twice += 1) expect((await patch(id, { secret: "Given-secret-1" })).body).toEqual({});
    expect(await login(name, "Given-secret-1")).toBe(200);
    for (const secret of ["Short-1", "no-upper-case-1", "NO-LOWER-CASE-1", "No-digits-at-all", `Aa1${"x".repeat(126)}`])
      expect(message(await patch(id, { secret }))).toMatch(/^the secret must be 8-128, inclusively, characters long/);
  });

  test("17: the old secret fails at once, end and state stay", async () => {
    await start();
    const made = await make({ duration: 5 });
    const before = (await ask("GET", `${robots}/${made.id}`, admin)).body as { expires_at: number; disable: boolean };
    const { secret } = (await patch(made.id, {})).body as { secret: string };
    expect([await login(made.name, made.secret), await login(made.name, secret)]).toEqual([401, 200]);
    const { expires_at, disable } = before;
    expect((await ask("GET", `${robots}/${made.id}`, admin)).body).toMatchObject({ expires_at, disable });
  });

  test("18: PATCH and PUT are for people: no robot may", async () => {
    const { issuer } = await start();
    const { id, username, password } = issuer("maker");
    const maker = basic(username, password.reveal());
    for (const [method, body] of [
      ["PATCH", {}],
      ["PUT", wanted({ name: username })],
    ] as const) {
      const refused = await ask(method, `${robots}/${id}`, maker, body);
      expect([refused.status, message(refused)]).toEqual([403, username]);
    }
    const inProject = await make({ name: "bot", level: "project" });
    expect(message(await ask("PATCH", `${robots}/${inProject.id}`, maker, {}))).toBe("forbidden");
  });

  test("19: PUT without `disable` enables, without `duration` keeps, else counts from the creation", async () => {
    const harbor = await start();
    const { id, name } = await make({ duration: 3 });
    const createdAtMs = sandbox.nowMs;
    sandbox.nowMs += 86_400_000;
    const put = (changes: object) => ask("PUT", `${robots}/${id}`, admin, wanted({ name, duration: null, ...changes }));
    await put({ disable: true, duration: 7 });
    expect(harbor.robots()[0]).toMatchObject({ disabled: true, expiresAtMs: createdAtMs + 7 * 86_400_000 });
    await put({});
    expect(harbor.robots()[0]).toMatchObject({ disabled: false, expiresAtMs: createdAtMs + 7 * 86_400_000 });
  });

  test("20: PUT changes neither name nor level", async () => {
    await start();
    const { id, name } = await make();
    const put = async (changes: object) =>
      message(await ask("PUT", `${robots}/${id}`, admin, wanted({ name, ...changes })));
    const text = "cannot update the level or name of robot";
    expect(await put({ name: "one" })).toBe(text);
    expect(await put({ name: undefined })).toBe(text);
    expect(await put({ level: "project" })).toBe(text);
    expect(await put({ level: undefined })).toBe("bad request error level input: ");
  });

  test("21: PUT ignores a secret; PUT and DELETE answer 200 without a body", async () => {
    await start();
    const { id, name, secret } = await make();
    const put = await ask("PUT", `${robots}/${id}`, admin, wanted({ name, secret: "Other-secret-1" }));
    expect([put.status, put.body]).toEqual([200, ""]);
    expect([await login(name, secret), await login(name, "Other-secret-1")]).toEqual([200, 401]);
    const gone = await ask("DELETE", `${robots}/${id}`, admin);
    expect([gone.status, gone.body]).toEqual([200, ""]);
  });

  test("50: PUT and PATCH at once may bring the old secret back, both answering 200", async () => {
    const harbor = await start();
    const { id, name, secret } = await make();
    harbor.setRobotWriteMs(150);
    // The PUT reads before the PATCH writes, and writes after it.
    const patching = ask("PATCH", `${robots}/${id}`, admin, {});
    await expect.poll(() => harbor.counts.get("robot.refresh"), { interval: 1 }).toBe(1);
    const replaced = await ask("PUT", `${robots}/${id}`, admin, wanted({ name, description: "changed" }));
    const patched = await patching;
    expect([patched.status, replaced.status]).toEqual([200, 200]);
    expect(await login(name, (patched.body as { secret: string }).secret)).toBe(401);
    expect(await login(name, secret)).toBe(200);
  });
});

describe("bodies and methods", () => {
  test("47: wrong types and broken bodies are 422, unknown fields are nothing", async () => {
    await start();
    const send = async (body: string, type: string | null) => {
      const headers = { authorization: admin, ...(type === null ? {} : { "content-type": type }) };
      const reply = await fetch(`${sandbox.harbor?.url}${robots}`, {
        method: "POST",
        headers,
        body: Buffer.from(body),
      });
      return [reply.status, ((await reply.json()) as { errors: { message: string }[] }).errors[0]?.message ?? ""];
    };
    const json = "application/json";
    for (const [body, type] of [
      ["{}", "text/plain"],
      ["{}", null],
      ['{"name":5}', json],
      ['{"permissions":{}}', json],
      ['{"permissions":[5]}', json],
      ['{"permissions":[{"kind":5}]}', json],
      ['{"permissions":[{"access":"pull"}]}', json],
      ['{"permissions":[{"access":[{"action":1}]}]}', json],
      ["{", json],
      ["[]", json],
      ["", json],
    ] as const) {
      const [status, text] = await send(body, type);
      expect(status).toBe(422);
      expect(text).toMatch(/^validation failure list:\n/);
    }
    expect((await make({ unknown: true })).name).toBe("robot$one");
  });

  test("48: HEAD is 405 without a body; other methods name those there are", async () => {
    await start();
    const head = await ask("HEAD", robots, admin);
    expect([head.status, head.body]).toEqual([405, ""]);
    const put = await ask("PUT", robots, admin, {});
    expect([put.status, message(put)]).toEqual([405, expect.stringMatching(/^method PUT is not allowed, but \[/)]);
  });

  test("49: a stored name over 255 or a description over 1024 characters is a 500", async () => {
    await start();
    expect(await refusal({ name: "a".repeat(256) })).toEqual([500, "internal server error"]);
    expect(await refusal({ description: "x".repeat(1025) })).toEqual([500, "internal server error"]);
    expect((await make({ name: "a".repeat(255), description: "x".repeat(1024) })).id).toBeGreaterThan(0);
  });
});
