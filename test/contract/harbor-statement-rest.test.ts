import { describe, expect, test } from "vitest";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type Harbor, startHarbor } from "../../functions/sandbox/harbor/start-harbor.ts";
import { admin, ask, basic, message, pull, sandbox, start } from "./harbor-fixtures.ts";

/** harbor.md section 10, statements 37 to 44 and 54: endpoints, replication, proxy caches, sessions, read-only mode, errors, versions. */
const registries = "/api/v2.0/registries";

/** Another Harbor with the private image `far/app:v1` and a robot that may copy it. */
async function startRemote() {
  const remote = await startHarbor({
    faults: new FaultBoard(),
    nowMs: () => sandbox.nowMs,
    adminPassword: "Remote-1234",
    failedLoginDelayMs: 1,
  });
  remote.createProject("far", { public: false });
  remote.pushImage("far", "app", "v1", [Buffer.from("far layer")]);
  const robot = remote.issuer("copier", [
    {
      kind: "project",
      namespace: "far",
      access: ["pull", "list", "read"].map((action) => ({ resource: "repository", action })),
    },
  ]);
  const kill = async () => {
    const headers = { authorization: basic("admin", "Remote-1234"), "content-type": "application/json" };
    const reply = await fetch(`${remote.url}/api/v2.0/robots/${robot.id}`, { method: "PATCH", headers, body: "{}" });
    return ((await reply.json()) as { secret: string }).secret;
  };
  const credential = { type: "basic", access_key: robot.username, access_secret: robot.password.reveal() };
  const made = await ask("POST", registries, admin, { name: "far", type: "harbor", url: remote.url, credential });
  const id = Number(made.headers.get("location")?.split("/").at(-1));
  return { remote, robot, kill, id };
}

async function withRemote(work: (tools: Awaited<ReturnType<typeof startRemote>>) => Promise<void>): Promise<void> {
  const tools = await startRemote();
  try {
    await work(tools);
  } finally {
    await tools.remote.close();
  }
}

async function replicate(harbor: Harbor, policy: string): Promise<string> {
  const started = await ask("POST", "/api/v2.0/replication/executions", admin, { policy_id: Number(policy) });
  await expect.poll(() => harbor.replicationInProgress(), { interval: 5 }).toBe(0);
  return started.headers.get("location") ?? "";
}

async function pullPolicy(id: number): Promise<string> {
  const made = await ask("POST", "/api/v2.0/replication/policies", admin, {
    name: "copy",
    src_registry: { id },
    dest_namespace: "alpha",
    filters: [{ type: "name", value: "far/app" }],
    enabled: true,
  });
  return made.headers.get("location")?.split("/").at(-1) ?? "";
}

describe("endpoints of other registries", () => {
  test("37: the secret is masked; PUT is flat and partial, asks the remote first, and saves nothing when that fails", async () => {
    await start();
    await withRemote(async ({ id, kill }) => {
      const path = `${registries}/${id}`;
      expect((await ask("GET", path, admin)).body).toMatchObject({ credential: { access_secret: "*****" } });
      const fresh = await kill();
      const unhealthy = "the registry is unhealthy";
      expect(message(await ask("PUT", path, admin, { description: "x" }))).toBe(unhealthy);
      expect(message(await ask("PUT", path, admin, { credential: { access_secret: fresh } }))).toBe(unhealthy);
      expect(message(await ask("PUT", path, admin, { access_secret: "*****" }))).toBe(unhealthy);
      expect((await ask("POST", `${registries}/ping`, admin, { id, access_secret: fresh })).status).toBe(200);
      expect(message(await ask("POST", `${registries}/ping`, admin, { id }))).toBe(unhealthy);
      expect((await ask("PUT", path, admin, { access_secret: fresh })).status).toBe(200);
      expect((await ask("POST", `${registries}/ping`, admin, { id })).status).toBe(200);
      const away = { name: "away", type: "harbor", url: "http://127.0.0.1:9" };
      expect((await ask("POST", registries, admin, away)).status).toBe(500);
    });
  });

  test("38: a task that waits runs with the secret it was made with", async () => {
    const harbor = await start();
    await withRemote(async ({ id, kill }) => {
      const policy = await pullPolicy(id);
      harbor.holdReplication(true);
      const started = await ask("POST", "/api/v2.0/replication/executions", admin, { policy_id: Number(policy) });
      const path = started.headers.get("location") ?? "";
      await expect.poll(async () => (await ask("GET", path, admin)).body, { interval: 5 }).toMatchObject({ total: 1 });
      const fresh = await kill();
      expect((await ask("PUT", `${registries}/${id}`, admin, { access_secret: fresh })).status).toBe(200);
      harbor.holdReplication(false);
      await expect.poll(() => harbor.replicationInProgress(), { interval: 5 }).toBe(0);
      expect((await ask("GET", path, admin)).body).toMatchObject({ status: "Failed", failed: 1 });
      expect((await ask("GET", await replicate(harbor, policy), admin)).body).toMatchObject({
        status: "Succeed",
        succeed: 1,
      });
    });
  });

  test("39: an endpoint in use is not deleted", async () => {
    await start();
    await withRemote(async ({ id }) => {
      await pullPolicy(id);
      const refused = await ask("DELETE", `${registries}/${id}`, admin);
      expect([refused.status, message(refused)]).toEqual([
        412,
        `the registry ${id} is referenced by replication policies, cannot delete it`,
      ]);
    });
  });

  test("40: a proxy cache whose upstream refuses gives what it has, and 404 for the rest", async () => {
    await start();
    await withRemote(async ({ remote, id, kill }) => {
      remote.pushImage("far", "other", "v1", [Buffer.from("other")]);
      await ask("POST", "/api/v2.0/projects", admin, { project_name: "proxy", registry_id: id });
      const status = async (name: string) => (await ask("GET", `/v2/proxy/far/${name}/manifests/v1`, admin)).status;
      expect(await status("app")).toBe(200);
      await kill();
      expect([await status("app"), await status("other")]).toEqual([200, 404]);
    });
  });

  test("54: pulling with a dead secret ends `Succeed` with nothing done", async () => {
    const harbor = await start();
    await withRemote(async ({ id, kill }) => {
      const policy = await pullPolicy(id);
      expect((await ask("GET", await replicate(harbor, policy), admin)).body).toMatchObject({
        status: "Succeed",
        total: 1,
      });
      await kill();
      expect((await ask("GET", await replicate(harbor, policy), admin)).body).toMatchObject({
        status: "Succeed",
        status_text: "no resources need to be replicated",
        total: 0,
      });
    });
  });

  test.for([
    ["v2.15.2", 200],
    ["v2.16.0", 400],
  ] as const)("37: %s answers %i to a new address without a secret", async ([version, status]) => {
    await start({ version });
    await withRemote(async ({ remote, id }) => {
      const url = remote.url.replace("127.0.0.1", "localhost");
      expect((await ask("PUT", `${registries}/${id}`, admin, { url })).status).toBe(status);
    });
  });
});

describe("the server as a whole", () => {
  test("41: a `sid` that comes along makes writes need a token; every reply sets one", async () => {
    const { issuer } = await start();
    const { id } = issuer("one", pull);
    const path = `/api/v2.0/robots/${id}`;
    for (const answer of [await ask("GET", path, admin), await ask("GET", path, null)])
      expect(answer.headers.get("set-cookie")).toMatch(/^sid=[0-9a-f]{32}; Path=\/; HttpOnly/);
    const patch = async (headers: Record<string, string>) => message(await ask("PATCH", path, admin, {}, headers));
    expect(await patch({ cookie: "sid=0123456789abcdef" })).toBe("CSRF token not found in request");
    const wrong = { cookie: "sid=0123456789abcdef", "x-harbor-csrf-token": "AAAA" };
    expect(await patch(wrong)).toBe("CSRF token invalid");
    // The `sid` of a Basic call is no login.
    expect((await ask("GET", path, null, undefined, { cookie: "sid=0123456789abcdef" })).status).toBe(401);
  });

  test("42: read-only refuses every write before it looks at it, reads go on, the switch itself works", async () => {
    const { issuer } = await start();
    const { id } = issuer("one", pull);
    await ask("PUT", "/api/v2.0/configurations", admin, { read_only: true });
    const text = "The system is in read only mode. Any modification is prohibited.";
    for (const [method, path] of [
      ["POST", "/api/v2.0/robots"],
      ["PUT", `/api/v2.0/robots/${id}`],
      ["PATCH", `/api/v2.0/robots/${id}`],
      ["DELETE", `/api/v2.0/robots/${id}`],
      ["POST", `${registries}/ping`],
      ["POST", "/v2/alpha/app/blobs/uploads/"],
    ] as const)
      expect([path, message(await ask(method, path, null, {}))]).toEqual([path, text]);
    expect((await ask("GET", `/api/v2.0/robots/${id}`, admin)).status).toBe(200);
    expect((await ask("PUT", "/api/v2.0/configurations", admin, { read_only: false })).status).toBe(200);
    expect((await ask("PATCH", `/api/v2.0/robots/${id}`, admin, {})).status).toBe(200);
  });

  test.for([
    ["v2.12.4", true],
    ["v2.13.0", false],
  ] as const)("43: health is 200 whatever is down; %s tells its version to strangers: %s", async ([version, tells]) => {
    const harbor = await start({ version });
    harbor.setComponentDown("portal");
    const health = await ask("GET", "/api/v2.0/health", null);
    expect([health.status, health.body]).toEqual([200, expect.objectContaining({ status: "unhealthy" })]);
    const known = Object.keys((await ask("GET", "/api/v2.0/systeminfo", null)).body as object);
    expect(known.includes("harbor_version")).toBe(tells);
    expect(known).not.toContain("external_url");
  });

  test("44: errors are one envelope and a newline; from 500 on they tell nothing", async () => {
    await start();
    const raw = await fetch(`${sandbox.harbor?.url}/api/v2.0/robots/1`, { headers: { authorization: admin } });
    expect(raw.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await raw.text()).toBe('{"errors":[{"code":"NOT_FOUND","message":"robot 1 not found"}]}\n');
    const hidden = await ask("GET", "/api/v2.0/robots?q=id%3Dabc", admin);
    expect([hidden.status, hidden.body]).toEqual([
      500,
      { errors: [{ code: "UNKNOWN", message: "internal server error" }] },
    ]);
    const crashed = await ask("GET", "/api/v2.0/robots?q=Level%3D~x", admin);
    expect([crashed.status, crashed.body]).toEqual([500, ""]);
  });
});

describe("versions that can be chosen", () => {
  test.for([
    ["v2.10.3", false, false],
    ["v2.11.2", false, false],
    ["v2.12.0", true, false],
    ["v2.13.5", true, true],
    ["v2.14.0", true, true],
    ["v2.14.1", true, true],
    ["v2.15.2", true, true],
    ["v2.16.0", true, true],
  ] as const)("%s: robots over robots %s, the new log %s", async ([version, robots, newLog]) => {
    await start({ version });
    expect((await ask("GET", "/api/v2.0/systeminfo", admin)).body).toMatchObject({
      harbor_version: expect.stringMatching(new RegExp(`^${version}-[0-9a-f]{8}$`)),
    });
    const { system } = (await ask("GET", "/api/v2.0/permissions", admin)).body as {
      system: { resource: string; action: string }[];
    };
    expect(system.some(({ resource }) => resource === "robot")).toBe(robots);
    expect(system.some(({ resource, action }) => resource === "robot" && action === "update")).toBe(false);
    expect((await ask("GET", "/api/v2.0/auditlog-exts", admin)).status).toBe(newLog ? 200 : 404);
    expect((await ask("GET", "/api/v2.0/projects/alpha/robots", admin)).status).toBe(newLog ? 404 : 200);
  });
});
