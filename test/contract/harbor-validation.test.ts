import { beforeEach, describe, expect, test } from "vitest";
import { admin, ask, basic, message, sandbox, start } from "./harbor-fixtures.ts";

// What Harbor's generated server looks at before a handler does, by the texts that were recorded (03, 04, 06), by
// go-swagger's own way of putting several of them together, and by v2.15.2's handlers.

const robots = "/api/v2.0/robots";

beforeEach(async () => {
  await start();
});

/** Sent as it is written. */
async function send(method: string, path: string, body: string | null, headers: Readonly<Record<string, string>> = {}) {
  const type = body === null ? {} : { "content-type": "application/json" };
  const reply = await fetch(`${sandbox.harbor?.url}${path}`, {
    method,
    headers: { authorization: admin, ...type, ...headers },
    ...(body === null ? {} : { body: Buffer.from(body) }),
  });
  const text = await reply.text();
  const { errors } = (text.startsWith("{") ? JSON.parse(text) : {}) as { errors?: readonly { message: string }[] };
  return { status: reply.status, failures: errors?.[0]?.message.split("\n").slice(1) ?? [], text };
}

test("a body that is no JSON, in the words of Go", async () => {
  const words = [
    ["{", "unexpected EOF"],
    ['{"secret":', "unexpected EOF"],
    ["secret", "invalid character 's' looking for beginning of value"],
    ["nil", "invalid character 'i' in literal null (expecting 'u')"],
    ["{secret:1}", "invalid character 's' looking for beginning of object key string"],
    ['{"secret" 1}', "invalid character '1' after object key"],
    ['{"secret":"a" "b"}', "invalid character '\"' after object key:value pair"],
    ['{"secret":"a",}', "invalid character '}' looking for beginning of object key string"],
    ['{"secret":[1 2]}', "invalid character '2' after array element"],
    ['{"secret":"a\nb"}', "invalid character '\\n' in string literal"],
    ['{"secret":"\\x"}', "invalid character 'x' in string escape code"],
    ['{"secret":01}', "invalid character '1' after object key:value pair"],
    ['{"secret":1.}', "invalid character '}' after decimal point in numeric literal"],
  ] as const;
  for (const [body, why] of words) {
    const { status, failures } = await send("PATCH", `${robots}/1`, body);
    expect([body, status, failures]).toEqual([body, 422, [`parsing robotSec body from "" failed, because ${why}`]]);
  }
});

test("a value of another type is named by struct and field, the first in the text; integers as they are written", async () => {
  const misfit = async (body: string) => (await send("POST", robots, body)).failures[0]?.split("because json: ")[1];
  const into = (found: string, field: string, type: string) =>
    `cannot unmarshal ${found} into Go struct field ${field} of type ${type}`;
  expect(await misfit('{"level":1,"name":2}')).toBe(into("number", "RobotCreate.level", "string"));
  expect(await misfit('{"duration":1e3}')).toBe(into("number 1e3", "RobotCreate.duration", "int64"));
  expect(await misfit('{"duration":9223372036854775808}')).toBe(
    into("number 9223372036854775808", "RobotCreate.duration", "int64"),
  );
  expect(await misfit('{"permissions":{}}')).toBe(
    into("object", "RobotCreate.permissions", "[]*models.RobotPermission"),
  );
  expect(await misfit('{"permissions":["x"]}')).toBe(
    into("string", "RobotCreate.permissions", "models.RobotPermission"),
  );
  expect(await misfit('{"permissions":[{"access":[{"action":true}]}]}')).toBe(
    into("bool", "Access.permissions.access.action", "string"),
  );
  const project = await send("POST", "/api/v2.0/projects", '{"project_name":"new","metadata":{"public":true}}');
  expect(project.failures[0]).toContain(into("bool", "ProjectMetadata.metadata.public", "string"));
  const policy = await send("POST", "/api/v2.0/replication/policies", '{"dest_namespace_replace_count":300}');
  expect(policy.failures[0]).toContain(into("number 300", "ReplicationPolicy.dest_namespace_replace_count", "int8"));
});

test("keys are taken in other capitals, what follows the first value is not looked at, and blanks are no body", async () => {
  const { harbor } = sandbox;
  const { id, username } = harbor?.issuer("one") ?? { id: 0, username: "" };
  const patched = await send("PATCH", `${robots}/${id}`, '{"SECRET":"Given-secret-1"} and more');
  expect([patched.status, patched.text.trim()]).toEqual([200, "{}"]);
  expect((await ask("GET", "/v2/", basic(username, "Given-secret-1"))).status).toBe(200);
  expect((await send("PATCH", `${robots}/${id}`, " \n ")).failures).toEqual(["robotSec in body is required"]);
});

test("what is wrong with several parameters is told at once, in the order of their names", async () => {
  const requests = [
    [
      "GET",
      `${robots}?page_size=101&page=x`,
      null,
      ['page in query must be of type int64: "x"', "page_size in query should be less than or equal to 100"],
    ],
    ["PUT", `${robots}/x`, "", ["robot in body is required", 'robot_id in path must be of type int64: "x"']],
    ["PATCH", `${robots}/x`, "", ["robotSec in body is required", 'robot_id in path must be of type int64: "x"']],
    ["PUT", "/api/v2.0/registries/x", "", ['id in path must be of type int64: "x"', "registry in body is required"]],
    [
      "GET",
      "/api/v2.0/replication/executions?policy_id=x&page=y",
      null,
      ['page in query must be of type int64: "y"', 'policy_id in query must be of type int64: "x"'],
    ],
    [
      "PUT",
      "/api/v2.0/users/x/sysadmin",
      "",
      ["sysadmin_flag in body is required", 'user_id in path must be of type int64: "x"'],
    ],
    ["HEAD", "/api/v2.0/projects", null, []],
    [
      "POST",
      "/api/v2.0/projects",
      `{"project_name":"${"a".repeat(256)}"}`,
      ["validation failure list:", "project_name in body should be at most 255 chars long"],
    ],
  ] as const;
  for (const [method, path, body, failures] of requests)
    expect(await send(method, path, body)).toMatchObject({ status: 422, failures });
  // A parameter without a value is none.
  expect((await send("GET", `${robots}?page=&page_size=&q=&sort=`, null)).status).toBe(200);
});

describe("media types", () => {
  const unknown = (type: string) => `unsupported media type "${type}", only [application/json] are allowed`;

  test("a body of another one: that alone is told", async () => {
    const requests = [
      ["PUT", `${robots}/x`, "text/plain", unknown("text/plain")],
      ["DELETE", `${robots}/999`, "application/x-www-form-urlencoded", unknown("application/x-www-form-urlencoded")],
    ] as const;
    for (const [method, path, type, failure] of requests)
      expect(await send(method, path, "x", { "content-type": type })).toMatchObject({
        status: 422,
        failures: [failure],
      });
  });

  test("are compared without regard to capitals and parameters", async () => {
    const type = { "content-type": "Application/JSON; charset=utf-8" };
    expect((await send("PATCH", `${robots}/999`, "{}", type)).status).toBe(404);
  });

  test("a request without a body must accept what is produced", async () => {
    const refused = (produced: string) => ({
      status: 422,
      failures: [`unsupported media type requested, only [${produced}] are available`],
    });
    expect(await send("GET", robots, null, { accept: "application/xml" })).toMatchObject(refused("application/json"));
    expect(await send("GET", "/api/v2.0/ping", null, { accept: "application/json" })).toMatchObject(
      refused("text/plain"),
    );
    for (const accept of ["*/*", "application/*", "text/html, application/json;q=0.5"])
      expect((await send("GET", robots, null, { accept })).status).toBe(200);
    expect((await send("PATCH", `${robots}/999`, "{}", { accept: "application/xml" })).status).toBe(404);
  });
});

describe("the language of q", () => {
  const unfit = (value: string) => [400, `invalid query string value: ${value}`];

  test("what is no value", async () => {
    for (const value of ["~", "[1~2", "[1]", "[~]", "[1~2~3]", "{a b", "(a b"]) {
      const answer = await ask("GET", `${robots}?q=${encodeURIComponent(`name=${value}`)}`, admin);
      expect([answer.status, message(answer)]).toEqual(unfit(value));
    }
  });

  test("quotes, blanks and a wrong encoding", async () => {
    for (const name of ["one", "two"]) sandbox.harbor?.issuer(name);
    const found = async (q: string) =>
      ((await ask("GET", `${robots}?q=${encodeURIComponent(q)}`, admin)).body as { name: string }[]).map(
        ({ name }) => name,
      );
    expect(await found('name={"one" two}')).toEqual(["robot$one", "robot$two"]);
    expect(await found("name={}")).toEqual([]);
    expect(await found("id=[ 2 ~ ]")).toEqual(["robot$two"]);
    // Not decoded a second time: it is taken as it stands.
    expect(await found("name=50%")).toEqual([]);
  });
});

describe("refusals of handlers", () => {
  const refused = async (method: string, path: string, body: object) => {
    const answer = await ask(method, `/api/v2.0${path}`, admin, body);
    return [answer.status, message(answer)];
  };
  const source = { src_registry: { id: 9 } };

  test("with Harbor's own texts", async () => {
    const requests = [
      ["POST", "/registries", {}, 400, "name cannot be empty"],
      ["POST", "/registries", { name: "a".repeat(65) }, 400, "the max length of name is 64"],
      ["POST", "/registries", { name: "far" }, 400, "empty string"],
      ["POST", "/registries", { name: "far", url: "ftp://far.example" }, 400, "invalid HTTP scheme: ftp"],
      ["PUT", "/registries/0", {}, 404, "registry 0 not found"],
      ["POST", "/replication/policies", {}, 400, "empty name"],
      ["POST", "/replication/policies", { name: "p", ...source, filters: [{ type: "x" }] }, 400, "invalid filter type"],
      ["POST", "/replication/policies", { name: "p", ...source, trigger: {} }, 400, "invalid trigger type"],
      [
        "POST",
        "/replication/policies",
        { name: "p", ...source, dest_namespace: "A B" },
        400,
        "invalid destination namespace: A B",
      ],
      ["POST", "/replication/policies", { name: "p", ...source }, 404, "registry 9 not found"],
      ["PUT", "/replication/executions/9", {}, 404, "replication execution 9 not found"],
      [
        "POST",
        "/projects",
        { project_name: "new", registry_id: 0 },
        400,
        "0 is invalid value of registry_id, it should be geater than 0",
      ],
      ["POST", "/projects", { project_name: "new", registry_id: 9 }, 500, "internal server error"],
      [
        "POST",
        "/projects",
        { project_name: "new", metadata: { public: "yes" } },
        400,
        "metadata.public should only be 'true' or 'false', but got: 'yes'",
      ],
      ["POST", "/users", { username: "new", password: "Password-1" }, 400, "email can't be empty"],
      [
        "POST",
        "/users",
        { username: "new", password: "Password-1", email: "x", realname: "x" },
        400,
        "email with illegal format",
      ],
      [
        "POST",
        "/users",
        { username: "new", password: "Password-1", email: "x@example.com" },
        400,
        "realname with illegal length",
      ],
      ["POST", "/projects/library/webhook/policies", { name: "w", targets: [] }, 400, "empty event type"],
    ] as const;
    for (const [method, path, body, status, text] of requests)
      expect(await refused(method, path, body)).toEqual([status, text]);
  });

  test("GET /users/search is for every login, and wants a name", async () => {
    sandbox.harbor?.createUser("dev", "Password-1", {});
    expect((await send("GET", "/api/v2.0/users/search", null)).failures).toEqual(["username in query is required"]);
    const found = await ask("GET", "/api/v2.0/users/search?username=DE", basic("dev", "Password-1"));
    expect(found).toMatchObject({ status: 200, body: [{ username: "dev" }] });
    expect((await ask("GET", "/api/v2.0/users/search?username=de", null)).status).toBe(401);
  });

  test("the catalogue comes in parts, to whom may read it, and is offered no token for", async () => {
    sandbox.harbor?.pushImage("alpha", "web", "v1", [Buffer.from("a layer")]);
    const first = await ask("GET", "/v2/_catalog?n=1", admin);
    expect([first.body, first.headers.get("link")]).toEqual([
      { repositories: ["alpha/app"] },
      '</v2/_catalog?last=alpha%2Fapp&n=1>; rel="next"',
    ]);
    const rest = await ask("GET", "/v2/_catalog?last=alpha%2Fapp&n=5", admin);
    expect([rest.body, rest.headers.get("link")]).toEqual([{ repositories: ["alpha/web"] }, null]);
    expect(message(await ask("GET", "/v2/_catalog?n=x", admin))).toBe("the N must be a positive int type");
    const access = [{ resource: "catalog", action: "read" }];
    const login = sandbox.harbor?.issuer("lister", [{ kind: "system", namespace: "/", access }]);
    const robot = basic(login?.username ?? "", login?.password.reveal() ?? "");
    expect((await ask("GET", "/v2/_catalog", robot)).status).toBe(200);
    const nobody = await ask("GET", "/v2/_catalog", null);
    expect([nobody.status, nobody.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="harbor"']);
  });

  test("registry 0 is this Harbor", async () => {
    expect((await ask("GET", "/api/v2.0/registries/0", admin)).body).toMatchObject({ id: 0, name: "Local" });
  });

  test("a summary shows what the caller may read", async () => {
    const access = [{ resource: "project", action: "read" }];
    const login = sandbox.harbor?.issuer("reader", [{ kind: "project", namespace: "alpha", access }]);
    const robot = basic(login?.username ?? "", login?.password.reveal() ?? "");
    expect((await ask("GET", "/api/v2.0/projects/alpha/summary", robot)).body).toEqual({ repo_count: 1 });
  });
});
