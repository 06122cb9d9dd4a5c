import { describe, expect, test } from "vitest";
import { admin, ask, basic, message, pull, sandbox, start } from "./harbor-fixtures.ts";

/** harbor.md section 10, statements 16 to 21 and 47 to 50, by number: changes of robots, bodies and methods. */
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

  test("50: or lose the PUT; of two PATCHes one secret works, and a deleted robot stays deleted", async () => {
    const harbor = await start();
    const { id, name, secret } = await make({ description: "first" });
    const path = `${robots}/${id}`;
    const put = () => ask("PUT", path, admin, wanted({ name, description: "changed" }));
    const shown = async () => (await ask("GET", path, admin)).body as { description: string };
    const both = async (
      first: Promise<{ status: number }>,
      kind: string,
      second: () => Promise<{ status: number }>,
    ) => {
      const before = harbor.counts.get(kind) ?? 0;
      await expect.poll(() => harbor.counts.get(kind), { interval: 1 }).toBe(before + 1);
      return (await Promise.all([first, second()])).map(({ status }) => status);
    };
    harbor.setRobotWriteMs(150);
    // The PATCH reads before the PUT writes, and writes after it.
    expect(await both(put(), "robot.update", () => ask("PATCH", path, admin, { secret: "Second-secret-1" }))).toEqual([
      200, 200,
    ]);
    expect((await shown()).description).toBe("first");
    expect([await login(name, secret), await login(name, "Second-secret-1")]).toEqual([401, 200]);
    const third = ask("PATCH", path, admin, { secret: "Third-secret-1" });
    expect(await both(third, "robot.refresh", () => ask("PATCH", path, admin, { secret: "Fourth-secret-1" }))).toEqual([
      200, 200,
    ]);
    expect([await login(name, "Third-secret-1"), await login(name, "Fourth-secret-1")]).toEqual([401, 200]);
    expect(await both(put(), "robot.update", () => ask("DELETE", path, admin))).toEqual([200, 200]);
    expect((await ask("GET", path, admin)).status).toBe(404);
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
