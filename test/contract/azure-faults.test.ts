import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Secret } from "../../core/secret.ts";
import type { FaultAction } from "../../functions/sandbox/faults.ts";
import { type AzureWorld, container, startWorld } from "./azure-fixtures.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { flipRequest, flipThrough, stageEpoch, tagOf, tokenOf, valueFor } from "./secret-store-fixtures.ts";

const name = "platform-pull";
const key = `prod/${name}`;
const html = { "content-type": "text/html" };
const page = "<!doctype html><html><body>gateway</body></html>";
let world: AzureWorld;

beforeEach(async () => {
  world = await startWorld();
});

afterEach(async () => {
  await world.close();
});

describe("Key Vault that misbehaves", () => {
  test("429 is throttled with the time asked for, sent once", async () => {
    const store = world.store();
    const body = JSON.stringify({ error: { code: "Throttled", message: "Request was not processed." } });
    const headers = { "retry-after": "7", "content-type": "application/json" };
    const fault = world.fault({ kind: "secret.set", action: { type: "reply", status: 429, headers, body } });
    const error = await portErrorOf(stageEpoch(store, name, 1));
    expect({ kind: error.kind, retryAfterMs: error.retryAfterMs, status: error.status, hits: fault.hits() }).toEqual({
      kind: "throttled",
      retryAfterMs: 7000,
      status: 429,
      hits: 1,
    });
  });

  test.each(["", "null", "slow down", "<html>"])("429 with the body %j is throttled too", async (body) => {
    const store = world.store();
    await store.readCurrent(name);
    world.fault({ action: { type: "reply", status: 429, headers: { "retry-after": "7" }, body } });
    const calls = [() => store.readCurrent(name), () => store.listVersions(name), () => stageEpoch(store, name, 1)];
    for (const call of calls) {
      const { kind, retryAfterMs } = await portErrorOf(call());
      expect({ kind, retryAfterMs }).toEqual({ kind: "throttled", retryAfterMs: 7_000 });
    }
  });

  test.each([
    [200, "invalid", "bad-reply"],
    [404, "invalid", "bad-reply"],
    [409, "invalid", "bad-reply"],
    [403, "denied", "missing-right"],
    [502, "unreachable", undefined],
    [503, "unreachable", undefined],
  ] as const)("an HTML page with status %i is %s, never absence", async (status, kind, reason) => {
    const store = world.store();
    const action: FaultAction = { type: "reply", status, headers: html, body: page };
    await flipThrough(store, name, 1);
    world.fault({ action });
    await expectPortError(store.readCurrent(name), kind, reason);
    await expectPortError(store.listVersions(name), kind, reason);
    await expectPortError(store.discard(name, ["next/00000000000000000000000000000000"]), kind, reason);
    await expectPortError(stageEpoch(store, name, 2), kind, reason);
  });

  test("JSON that ends early or holds nothing is invalid", async () => {
    const store = world.store();
    await flipThrough(store, name, 1);
    const headers = { "content-type": "application/json" };
    for (const body of ['{"value":"x","id":"', "{}", "[]", "null", '{"value":"x"}', '{"id":"nonsense","value":"x"}']) {
      const fault = world.fault({ kind: "secret.get", action: { type: "reply", status: 200, headers, body } });
      await expectPortError(store.readCurrent(name), "invalid", "bad-reply");
      fault.remove();
    }
  });

  test("cut before the effect: nothing happened, again works", async () => {
    const store = world.store();
    world.fault({ kind: "secret.set", times: 1, action: { type: "cut-before" } });
    await expectPortError(store.flip(name, flipRequest(name, 1)), "unreachable");
    expect(world.azure.secret(name)).toBeNull();
    await store.flip(name, flipRequest(name, 1));
    expect(world.azure.secret(name)).toHaveLength(1);
  });

  test("cut after the effect: again is the same version", async () => {
    const store = world.store();
    world.fault({ kind: "secret.set", times: 2, action: { type: "cut-after" } });
    await expectPortError(store.flip(name, flipRequest(name, 1)), "unreachable");
    await expectPortError(stageEpoch(store, name, 2), "unreachable");
    await store.flip(name, flipRequest(name, 1));
    await stageEpoch(store, name, 2);
    expect(world.azure.secret(name)).toHaveLength(1);
    expect(world.azure.secret(`${name}-next`)).toHaveLength(1);
  });

  test("a cut challenge leaves the client usable", async () => {
    const store = world.store();
    world.fault({ kind: "other", times: 2, action: { type: "cut-before" } });
    await expectPortError(stageEpoch(store, name, 1), "unreachable");
    await expectPortError(store.flip(name, flipRequest(name, 1)), "unreachable");
    await store.flip(name, flipRequest(name, 1));
    expect(world.azure.secret(name)?.[0]?.value).toBe(valueFor("e1").reveal());
  });

  test("a stale read is what was there before the last write", async () => {
    const store = world.store();
    const [first] = await flipThrough(store, name, 2);
    world.fault({ kind: "secret.get", times: 1, action: { type: "stale" } });
    expect((await store.readCurrent(name))?.versionId).toBe(first);
    expect((await store.readCurrent(name))?.value.reveal()).toBe(valueFor("e2").reveal());
  });
});

describe("Blob that misbehaves", () => {
  test("a container that is missing is no absent ledger", async () => {
    const ledger = world.ledger({ container: "no-such-container" });
    await expectPortError(ledger.load(key), "invalid");
    await expectPortError(ledger.save(key, null, "{}"), "invalid");
  });

  test.each([
    [200, "invalid"],
    [404, "invalid"],
    [409, "invalid"],
    [412, "invalid"],
    [502, "unreachable"],
  ] as const)("an HTML page with status %i is %s, neither absence nor a lost race", async (status, kind) => {
    const ledger = world.ledger();
    world.fault({ action: { type: "reply", status, headers: html, body: page } });
    await expectPortError(ledger.load(key), kind);
    await expectPortError(ledger.save(key, null, "{}"), kind);
  });

  test("503 ServerBusy is unreachable, 429 is throttled, each sent once", async () => {
    const ledger = world.ledger();
    const busy = world.fault({ kind: "blob.put", times: 1, action: { type: "reply", status: 503 } });
    await expectPortError(ledger.save(key, null, "{}"), "unreachable");
    expect(busy.hits()).toBe(1);
    world.fault({
      kind: "blob.put",
      times: 1,
      action: { type: "reply", status: 429, headers: { "retry-after": "3" } },
    });
    expect((await portErrorOf(ledger.save(key, null, "{}"))).retryAfterMs).toBe(3000);
    expect(world.azure.counts.get("blob.put")).toBe(2);
  });

  test("a lease of somebody else is no lost race", async () => {
    const headers = { "x-ms-error-code": "LeaseIdMissing", "content-type": "application/xml" };
    world.fault({ kind: "blob.put", action: { type: "reply", status: 412, headers } });
    await expectPortError(world.ledger().save(key, null, "{}"), "denied", "read-only");
  });

  test("cut after the effect: written, and the same save again is a lost race", async () => {
    const ledger = world.ledger();
    world.fault({ kind: "blob.put", times: 1, action: { type: "cut-after" } });
    await expectPortError(ledger.save(key, null, "mine"), "unreachable");
    expect((await ledger.load(key)).record?.text).toBe("mine");
    await expectPortError(ledger.save(key, null, "mine"), "conflict", "stale-writer");
  });

  test("reads are consistent, the clock is the server's, the revision its ETag", async () => {
    const other = await startWorld(() => 1_800_000_000_000);
    const ledger = other.ledger();
    const absent = await ledger.load(key);
    expect(absent).toEqual({ record: null, serverMs: 1_800_000_000_000 });
    const saved = await ledger.save(key, null, "one");
    expect(saved).toEqual({ revision: other.azure.blob(container, key)?.etag, serverMs: 1_800_000_000_000 });
    other.fault({ kind: "blob.get", action: { type: "stale" } });
    expect((await ledger.load(key)).record?.text).toBe("one");
    await other.close();
  });

  test("a token for another service is refused", async () => {
    const ledger = world.ledger({ token: world.azure.issueToken("https://vault.azure.net") });
    await expectPortError(ledger.load(key), "denied", "bad-credentials");
  });
});

test("nobody follows a redirect or a next page to another origin", async () => {
  const stranger = await startWorld();
  const store = world.store();
  await flipThrough(store, name, 1);
  const location = `${stranger.azure.url}/secrets/${name}`;
  const redirect = world.fault({ action: { type: "reply", status: 307, headers: { location } } });
  await expectPortError(store.readCurrent(name), "invalid", "bad-reply");
  await expectPortError(world.ledger().load(key), "invalid", "bad-reply");
  redirect.remove();
  const body = JSON.stringify({ value: [], nextLink: location });
  const headers = { "content-type": "application/json" };
  world.fault({ kind: "secret.list-versions", action: { type: "reply", status: 200, headers, body } });
  await expectPortError(store.listVersions(name), "invalid", "bad-reply");
  expect(stranger.azure.counts.size).toBe(0);
  await stranger.close();
});

test("no error carries a value, a ledger's text or a token, whatever the server says back", async () => {
  const canary = "cAnArY-51c0ffee-do-not-print";
  const token = `${world.azure.issueToken("https://vault.azure.net")}`;
  const value = new Secret(JSON.stringify({ password: canary }));
  const echo = JSON.stringify({ error: { code: canary, message: canary, innererror: { code: canary } } });
  const replies: FaultAction[] = [
    ...[200, 400, 401, 403, 404, 409, 412, 429, 500].flatMap((status): FaultAction[] => [
      { type: "reply", status, headers: { "content-type": "application/json", "x-ms-error-code": canary }, body: echo },
      { type: "reply", status, headers: { "content-type": "application/xml", "www-authenticate": canary }, body: echo },
    ]),
    { type: "cut-before" },
    { type: "cut-after" },
  ];
  const errors: unknown[] = [];
  for (const action of replies) {
    const fault = world.fault({ action });
    const store = world.store({ token });
    const ledger = world.ledger({ token });
    const calls = [
      () => store.stage(name, value, tagOf(1), tokenOf(name, "1")),
      () => store.flip(name, flipRequest(name, 1, { value })),
      () => store.writeRound(name, canary),
      () => ledger.save(key, null, canary),
      () => ledger.load(key),
    ];
    for (const call of calls) errors.push(await call().catch((error: unknown) => error));
    fault.remove();
  }
  const thrown = errors.filter((error) => error instanceof Error);
  expect(thrown.length).toBeGreaterThan(80);
  for (const error of thrown) {
    const printed = inspect(error, { depth: 12, showHidden: true });
    expect(error.name).toBe("PortError");
    for (const text of [canary, token, Buffer.from(canary).toString("base64")]) expect(printed).not.toContain(text);
  }
});
