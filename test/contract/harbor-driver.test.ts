import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createHarborRegistry } from "../../core/drivers/harbor/registry.ts";
import { Secret } from "../../core/secret.ts";
import { createAuthority } from "../../functions/sandbox/certificates.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type Harbor, type HarborOptions, startHarbor } from "../../functions/sandbox/harbor/start-harbor.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";

/** What the Harbor driver does beyond its port's contract: people as issuers, versions, limits, addresses. */
const nowMs = Date.UTC(2027, 0, 15, 8);
const adminPassword = "Admin-1234";
const admin = { username: "admin", password: new Secret(adminPassword) };
let faults = new FaultBoard();
let harbor: Harbor | undefined;

afterEach(async () => {
  await harbor?.close();
  harbor = undefined;
});

async function start(options: Partial<HarborOptions> = {}): Promise<Harbor> {
  faults = new FaultBoard();
  harbor = await startHarbor({ faults, nowMs: () => nowMs, adminPassword, failedLoginDelayMs: 1, ...options });
  harbor.createProject("alpha", { public: false });
  return harbor;
}

function driver(changes: Partial<Parameters<typeof createHarborRegistry>[0]> = {}) {
  const endpoint = harbor?.url ?? "";
  return createHarborRegistry({
    endpoint,
    issuer: () => admin,
    robotLevel: { level: "system" },
    nowMs: () => nowMs,
    ...changes,
  });
}

const unauthorized = {
  type: "reply",
  status: 401,
  body: '{"errors":[{"code":"UNAUTHORIZED","message":"unauthorized"}]}',
  headers: { "content-type": "application/json; charset=utf-8" },
} as const;

test("a person's single 401 is asked again after two seconds", async () => {
  await start();
  faults.set({ part: "harbor", kind: "robot.list", times: 1, action: unauthorized });
  const waits: number[] = [];
  const registry = driver({ sleep: async (ms) => void waits.push(ms) });
  expect((await registry.list("x")).robots).toEqual([]);
  expect(waits).toEqual([2000]);
});

test("a person's second 401 is believed, a robot's first", async () => {
  const { issuer, counts } = await start();
  faults.set({ part: "harbor", kind: "robot.list", action: unauthorized });
  const waits: number[] = [];
  const sleep = async (ms: number) => void waits.push(ms);
  await expectPortError(driver({ sleep }).list("x"), "denied", "bad-credentials");
  expect([waits.length, counts.get("robot.list")]).toEqual([1, 2]);
  const robot = issuer("issuer");
  await expectPortError(driver({ sleep, issuer: () => robot }).list("x"), "denied", "bad-credentials");
  expect([waits.length, counts.get("robot.list")]).toEqual([1, 3]);
});

test("the issuer is asked for anew each time; what its source throws stays there", async () => {
  await start();
  let asked = 0;
  const registry = driver({
    issuer: async () => {
      asked += 1;
      if (asked > 2) throw new Error(`no such file: ${adminPassword}`);
      return admin;
    },
  });
  await registry.list("x");
  await registry.list("x");
  const error = await portErrorOf(registry.list("x"));
  expect([error.kind, error.message.includes(adminPassword), error.cause]).toEqual(["denied", false, undefined]);
});

test("Harbor 2.14.0 and its way of refusing robots of another level is named", async () => {
  const { issuer } = await start({ version: "v2.14.0" });
  const robot = issuer("issuer");
  const permissions = [
    { kind: "project" as const, namespace: "alpha", access: [{ resource: "repository", action: "pull" }] },
  ];
  const request = { name: "x", description: "", durationDays: 1, permissions };
  const error = await portErrorOf(driver({ issuer: () => robot }).mint({ ...request, level: "project" }));
  expect([error.kind, error.reason]).toEqual(["denied", "missing-right"]);
  expect(error.message).toContain("2.12.0 to 2.14.0");
});

test("up to 2.12 usage is read from the old log", async () => {
  const { counts } = await start({ version: "v2.12.4" });
  expect(await driver().usedSince("robot$x", nowMs)).toMatchObject({ verdict: "no-evidence" });
  expect(counts.get("audit.list")).toBe(2);
  expect((await driver().whoami()).version).toBe("v2.12.4-080b0220");
});

describe("a pull of our own proves that the log is written", () => {
  const auditProbe = "alpha/app:v1";

  test("where it shows, silence is quiet without anybody else's pull", async () => {
    const { pushImage } = await start();
    pushImage("alpha", "app", "v1", [Buffer.from("layer")]);
    expect(await driver().usedSince("robot$x", nowMs)).toMatchObject({ verdict: "no-evidence" });
    expect(await driver({ auditProbe }).usedSince("robot$x", nowMs)).toEqual({ verdict: "quiet" });
    // And of who pulled the log tells what, if not from where.
    expect(await driver().usedSince(admin.username, nowMs - 2_000)).toMatchObject({ resource: "alpha/app:v1" });
  });

  test("where it does not show, nothing is believed, though somebody pulled before", async () => {
    const { issuer, pushImage, setPullAudit, url } = await start();
    pushImage("alpha", "app", "v1", [Buffer.from("layer")]);
    const sinceMs = nowMs - 60_000;
    const somebody = issuer("somebody");
    const login = Buffer.from(`${somebody.username}:${somebody.password.reveal()}`).toString("base64");
    await fetch(`${url}/v2/alpha/app/manifests/v1`, { headers: { authorization: `Basic ${login}` } });
    setPullAudit(false);
    expect(await driver().usedSince("robot$x", sinceMs)).toEqual({ verdict: "quiet" });
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    const usage = await driver({ auditProbe, sleep }).usedSince("robot$x", sinceMs);
    expect(usage).toMatchObject({
      verdict: "no-evidence",
      why: expect.stringMatching(/does not show a pull made just now/),
    });
    expect(waits).toEqual(Array.from({ length: 10 }, () => 200));
  });

  test("an image that cannot be pulled is no evidence, and named", async () => {
    await start();
    const usage = await driver({ auditProbe: "alpha/absent:v1" }).usedSince("robot$x", nowMs);
    expect(usage).toMatchObject({ verdict: "no-evidence", why: expect.stringContaining("alpha/absent:v1") });
  });
});

test("a name that the log's filter cannot say is no evidence", async () => {
  await start();
  expect(await driver().usedSince("a,operation=create", 0)).toMatchObject({ verdict: "no-evidence" });
});

test("more robots than the limit are an error, not a part", async () => {
  const { issuer } = await start();
  for (let index = 0; index < 4; index += 1) issuer(`x-g${index}`);
  await expectPortError(driver({ robotsMax: 3 }).list("x-g"), "invalid", "too-large");
  expect((await driver({ robotsMax: 4 }).list("x-g")).robots).toHaveLength(4);
});

test("an unchanged prefix costs one request a hundred robots", async () => {
  const { issuer, counts } = await start();
  issuer("x-g1");
  issuer("y-x-g1");
  expect((await driver().list("x-g")).robots.map(({ username }) => username)).toEqual(["robot$x-g1"]);
  expect(counts.get("robot.list")).toBe(1);
});

test("endpoints are probed one by one: a dead one has no verdict, the others theirs", async () => {
  const { issuer, url } = await start();
  const robot = issuer("puller");
  const pullEndpoints = [url, "http://127.0.0.1:9"];
  const { endpoints } = await driver({ pullEndpoints }).probe(robot, { repository: "alpha/x", action: "pull" });
  expect(endpoints).toEqual([
    { endpoint: url, verdict: "accepted" },
    { endpoint: "http://127.0.0.1:9", verdict: "unreachable" },
  ]);
});

test("only https, or plain http on loopback, is taken", async () => {
  const refused = { endpoint: "http://harbor.example" };
  expect(() => driver(refused)).toThrow(/only https/);
  expect(() => driver({ endpoint: "https://harbor.example", pullEndpoints: ["http://mirror.example"] })).toThrow(
    /only https/,
  );
  expect(() => driver({ endpoint: "https://harbor.example", pullEndpoints: [] })).toThrow(/at least one/);
});

test("a slow Harbor is unreachable once the time is over", async () => {
  await start();
  faults.set({ part: "harbor", kind: "robot.list", action: { type: "delay", delayMs: 400 } });
  await expectPortError(driver({ requestTimeoutMs: 50 }).list("x"), "unreachable");
});

test("https with a private authority is verified", async () => {
  const authority = await createAuthority("capstan test");
  const { url, issuer } = await start({ tls: await authority.leaf("127.0.0.1") });
  const robot = issuer("issuer");
  const folder = mkdtempSync(join(tmpdir(), "capstan-harbor-"));
  try {
    const caFile = join(folder, "ca.pem");
    writeFileSync(caFile, authority.caPem);
    const trusting = driver({ caFile, issuer: () => robot });
    expect((await trusting.whoami()).username).toBe("robot$issuer");
    const { endpoints } = await trusting.probe(robot, { repository: "alpha/x", action: "push" });
    expect(endpoints).toEqual([{ endpoint: url, verdict: "accepted" }]);
    await expectPortError(driver().whoami(), "unreachable");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
