import { describe, expect, test } from "vitest";
import { type Answer, admin, ask, basic, bearerOf, manifest, pull, sandbox, start } from "./harbor-fixtures.ts";

/** What the recordings tell in words about tokens and pulls: harbor.md section 10, by number. */
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
      sandbox.nowMs += 30 * 60_000 + 60_000;
      const lastMs = sandbox.nowMs;
      expect((await ask("GET", manifest, bearer)).status).toBe(200);
      sandbox.nowMs += 1;
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
    sandbox.nowMs += 777;
    const login = basic(robot.username, robot.password.reveal());
    const { body } = await ask("GET", "/service/token?service=harbor-registry&scope=repository:alpha/app:pull", login);
    expect(body).toMatchObject({ expires_in: 2 });
    const bearer = await bearerOf(login);
    sandbox.nowMs += 1750;
    expect((await ask("GET", manifest, bearer)).status).toBe(200);
    sandbox.nowMs += 1;
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

describe("pulls and the log (10.33)", () => {
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
});
