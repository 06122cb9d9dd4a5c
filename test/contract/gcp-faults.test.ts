import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createGcpSecretStore } from "../../core/drivers/gcp-secret-manager/secret-store.ts";
import { Secret } from "../../core/secret.ts";
import type { FaultAction } from "../../functions/sandbox/faults.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { type GcpHarness, officialClient, project, raw, startGcpHarness } from "./gcp-fixtures.ts";
import { flipRequest, flipThrough, stageEpoch, tagOf, tokenOf, valueFor } from "./secret-store-fixtures.ts";

const name = "platform-pull";

let harness: GcpHarness;
beforeEach(async () => {
  harness = await startGcpHarness();
});
afterEach(() => harness.close());

function fault(kind: string, action: FaultAction, more: { times?: number; skip?: number } = { times: 1 }) {
  return harness.faults.set({ part: "gcp", kind, action, ...more });
}

const versionsOf = (id: string) => harness.gcp.secret(id)?.versions ?? [];
const writesSoFar = () =>
  ["secret.create", "secret.patch", "version.add", "version.destroy", "version.disable"].reduce(
    (sum, kind) => sum + (harness.gcp.counts.get(kind) ?? 0),
    0,
  );
const currentText = async () => (await harness.store.readCurrent(name))?.value.reveal();

describe("staging", () => {
  test("what an interrupted call left is taken by its repeat", async () => {
    fault("version.add", { type: "cut-after" });
    await expectPortError(stageEpoch(harness.store, name, 1), "unreachable");
    expect((await stageEpoch(harness.store, name, 1)).versionId).toBe("next/1");
    expect(versionsOf(`${name}-next`)).toHaveLength(1);
  });

  test("is one write, and its repeat none", async () => {
    await stageEpoch(harness.store, name, 1);
    const before = writesSoFar();
    await stageEpoch(harness.store, name, 2);
    await stageEpoch(harness.store, name, 2);
    expect(writesSoFar() - before).toBe(1);
  });

  test("what another attempt left is listed with its epoch until it is discarded", async () => {
    await stageEpoch(harness.store, name, 1);
    fault("version.add", { type: "cut-after" });
    await expectPortError(stageEpoch(harness.store, name, 2), "unreachable");
    await stageEpoch(harness.store, name, 3);
    expect((await harness.store.listVersions(name)).map(({ epoch }) => epoch)).toEqual([3, 2, 1]);
    await harness.store.discard(name, ["next/2"]);
    expect((await harness.store.listVersions(name)).map(({ epoch }) => epoch)).toEqual([3, 1]);
  });

  test("a list from the past does not hide what the same call has staged", async () => {
    await stageEpoch(harness.store, name, 1);
    await stageEpoch(harness.store, name, 2);
    fault("version.list", { type: "stale" });
    expect((await stageEpoch(harness.store, name, 2)).versionId).toBe("next/2");
    expect(versionsOf(`${name}-next`)).toHaveLength(2);
  });

  test("what somebody else wrote beside it is shown as theirs, read as it is and never taken", async () => {
    await stageEpoch(harness.store, name, 1);
    const payload = { data: Buffer.from("by hand").toString("base64") };
    await raw(harness, "POST", `secrets/${name}-next:addVersion`, { payload });
    expect(await harness.store.listVersions(name)).toContainEqual({ versionId: "next/2", epoch: null, current: false });
    expect((await harness.store.readVersion(name, "next/2")).value.reveal()).toBe("by hand");
    expect((await stageEpoch(harness.store, name, 2, new Secret("by hand"))).versionId).toBe("next/3");
  });
});

describe("discarding", () => {
  test("what a flip has replaced is destroyed and nothing else written", async () => {
    await flipThrough(harness.store, name, 3);
    const before = writesSoFar();
    await harness.store.discard(name, ["main/1", "main/2"]);
    expect(writesSoFar() - before).toBe(2);
  });

  test("cut after its destruction: its epoch is listed until it is gone, and the repeat ends it", async () => {
    await flipThrough(harness.store, name, 2);
    fault("version.destroy", { type: "cut-before" });
    await expectPortError(harness.store.discard(name, ["main/1"]), "unreachable");
    expect((await harness.store.listVersions(name)).map(({ epoch }) => epoch)).toEqual([2, 1]);
    fault("version.destroy", { type: "cut-after" });
    await expectPortError(harness.store.discard(name, ["main/1"]), "unreachable");
    await harness.store.discard(name, ["main/1"]);
    expect(await harness.store.listVersions(name)).toEqual([{ versionId: "main/2", epoch: 2, current: true }]);
    // The mark of what is gone goes with the next flip.
    const { versionId } = await harness.store.flip(name, flipRequest(name, 3, { replaces: "main/2" }));
    expect(versionId).toBe("main/3");
    expect(Object.keys(harness.gcp.secret(name)?.annotations ?? {})).toEqual(["capstan-v2", "capstan-v3"]);
  });

  test("a reading in which the version is not current yet destroys nothing", async () => {
    await flipThrough(harness.store, name, 2);
    const stale = harness.faults.set({ part: "gcp", kind: "secret.get", action: { type: "stale" } });
    await expectPortError(harness.store.discard(name, ["main/2"]), "conflict", "stale-writer");
    expect(stale.hits()).toBe(1);
    stale.remove();
    expect(await currentText()).toBe(valueFor("e2").reveal());
  });

  test("a version that no flip has replaced is taken from all flips first, under the etag", async () => {
    await flipThrough(harness.store, name, 1);
    const payload = { data: Buffer.from(valueFor("e9").reveal()).toString("base64") };
    await raw(harness, "POST", `secrets/${name}:addVersion`, { payload });
    const { etag, annotations } = harness.gcp.secret(name) ?? { etag: "", annotations: {} };
    const marks = { ...annotations, "capstan-v2": `9.${tokenOf(name, "flip-9")}` };
    await raw(harness, "PATCH", `secrets/${name}?updateMask=annotations`, { etag, annotations: marks });
    fault("secret.patch", { type: "cut-after" });
    await expectPortError(harness.store.discard(name, ["main/2"]), "unreachable");
    expect(versionsOf(name).map(({ state }) => state)).toEqual(["ENABLED", "ENABLED"]);
    // Between the two a repeat of the flip that made it makes a version of its own.
    const again = await harness.store.flip(name, flipRequest(name, 9, { replaces: "main/1" }));
    expect(again.versionId).toBe("main/3");
    await harness.store.discard(name, ["main/2"]);
    expect((await harness.store.listVersions(name)).map((one) => one.versionId)).toEqual(["main/3", "main/1"]);
  });

  test("what is discarded is disabled for a day, can be had back by hand, and is destroyed then", async () => {
    await flipThrough(harness.store, name, 2);
    await harness.store.discard(name, ["main/1"]);
    await expectPortError(harness.store.readVersion(name, "main/1"), "not-found");
    const read = async () => (await raw(harness, "GET", `secrets/${name}/versions/1`)).body;
    expect(await read()).toMatchObject({ state: "DISABLED", scheduledDestroyTime: "2026-11-25T12:00:00.000Z" });
    await raw(harness, "POST", `secrets/${name}/versions/1:enable`, {});
    expect((await harness.store.readVersion(name, "main/1")).value.reveal()).toBe(valueFor("e1").reveal());
    await harness.store.discard(name, ["main/1"]);
    harness.advance(86_400_000);
    const authorization = `Bearer ${harness.gcp.issueToken()}`;
    const url = `${harness.gcp.url}/v1/projects/${project}/secrets/${name}/versions/1`;
    expect(await (await fetch(url, { headers: { authorization } })).json()).toMatchObject({ state: "DESTROYED" });
  });
});

test("a secret without room for one more alias is refused before a version is added", async () => {
  await raw(harness, "POST", `secrets?secretId=${name}`, { replication: { automatic: {} } });
  const payload = { data: Buffer.from("by hand").toString("base64") };
  await raw(harness, "POST", `secrets/${name}:addVersion`, { payload });
  const versionAliases = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`alias-${index}`, "1"]));
  await raw(harness, "PATCH", `secrets/${name}?updateMask=versionAliases`, { versionAliases });
  await expectPortError(harness.store.flip(name, flipRequest(name, 1)), "invalid", "too-large");
  expect(versionsOf(name)).toHaveLength(1);
});

test("a version that is being discarded is never taken for a repeat of the flip that made it", async () => {
  await flipThrough(harness.store, name, 2);
  fault("version.destroy", { type: "cut-before" });
  await expectPortError(harness.store.discard(name, ["main/1"]), "unreachable");
  const again = await harness.store.flip(name, flipRequest(name, 1, { replaces: "main/2" }));
  expect(again.versionId).toBe("main/3");
  await harness.store.discard(name, ["main/1"]);
  expect(await currentText()).toBe(valueFor("e1").reveal());
});

describe("versions that cannot be read", () => {
  test("disabled is a conflict, destroyed is not found, and current stays named", async () => {
    await flipThrough(harness.store, name, 2);
    await raw(harness, "POST", `secrets/${name}/versions/1:disable`, {});
    await expectPortError(harness.store.readVersion(name, "main/1"), "conflict", "disabled");
    expect(await harness.store.listVersions(name)).toHaveLength(2);
    await raw(harness, "POST", `secrets/${name}/versions/1:destroy`, {});
    await expectPortError(harness.store.readVersion(name, "main/1"), "not-found");
    await raw(harness, "POST", `secrets/${name}/versions/2:disable`, {});
    await expectPortError(harness.store.readCurrent(name), "conflict", "disabled");
  });

  test("`latest` that cannot be read, or is somebody else's, changes nothing for readers of the alias", async () => {
    await flipThrough(harness.store, name, 1);
    const client = officialClient(harness);
    const parent = `projects/${project}/secrets/${name}`;
    await client.addSecretVersion({ parent, payload: { data: Buffer.from("by hand") } });
    await client.disableSecretVersion({ name: `${parent}/versions/2` });
    expect(await currentText()).toBe(valueFor("e1").reveal());
    await harness.store.flip(name, flipRequest(name, 2, { replaces: "main/1" }));
    expect(await currentText()).toBe(valueFor("e2").reveal());
    expect(await harness.store.listVersions(name)).toContainEqual({ versionId: "main/2", epoch: null, current: false });
  });
});

describe("stale reads", () => {
  test("an alias may be old, a version by its number is not", async () => {
    await flipThrough(harness.store, name, 2);
    fault("version.access", { type: "stale" });
    expect((await harness.store.readCurrent(name))?.versionId).toBe("main/1");
    expect(await currentText()).toBe(valueFor("e2").reveal());
    const { versionId } = await stageEpoch(harness.store, name, 3);
    fault("version.access", { type: "stale" });
    expect((await harness.store.readVersion(name, versionId)).value.reveal()).toBe(valueFor("e3").reveal());
  });

  test("a flip made on an old reading is refused and leaves no version behind", async () => {
    await flipThrough(harness.store, name, 2);
    fault("secret.get", { type: "stale" });
    const request = flipRequest(name, 3, { replaces: "main/1" });
    await expectPortError(harness.store.flip(name, request), "conflict", "stale-writer");
    expect(await currentText()).toBe(valueFor("e2").reveal());
    expect(versionsOf(name)).toHaveLength(2);
  });
});

describe("replies that are no answers", () => {
  const html = "<html><body>cAnArY-page</body></html>";
  const answers = [
    [404, html, "invalid", "bad-reply"],
    [409, html, "invalid", "bad-reply"],
    [200, html, "invalid", "bad-reply"],
    [400, html, "invalid", "bad-reply"],
    [403, html, "denied", undefined],
    [429, html, "throttled", undefined],
    [503, html, "unreachable", undefined],
    [200, "{}", "invalid", "bad-reply"],
    [200, "[]", "invalid", "bad-reply"],
  ] as const;
  for (const [status, body, kind, reason] of answers) {
    test(`${status} ${body.slice(0, 6)} is ${kind}`, async () => {
      fault("version.access", { type: "reply", status, body }, {});
      fault("secret.get", { type: "reply", status, body }, {});
      const errors = [
        await portErrorOf(harness.store.readCurrent(name)),
        await portErrorOf(harness.ledger.load("prod/x")),
        await portErrorOf(harness.store.flip(name, flipRequest(name, 1))),
      ];
      for (const error of errors) {
        expect([error.kind, error.reason]).toEqual([kind, reason]);
        expect(inspect(error, { depth: 12, showHidden: true })).not.toContain("cAnArY");
      }
    });
  }

  test("a payload that does not match its checksum is no value", async () => {
    await flipThrough(harness.store, name, 1);
    const payload = { data: Buffer.from("bent").toString("base64"), dataCrc32c: "1" };
    const body = JSON.stringify({ name: `projects/1/secrets/${name}/versions/1`, payload });
    fault("version.access", { type: "reply", status: 200, body });
    await expectPortError(harness.store.readCurrent(name), "invalid", "bad-reply");
  });

  test("throttled says how long, and nothing is tried again inside", async () => {
    const body = JSON.stringify({ error: { code: 429, message: "cAnArY", status: "RESOURCE_EXHAUSTED" } });
    fault("version.access", { type: "reply", status: 429, body, headers: { "retry-after": "7" } });
    const error = await portErrorOf(harness.store.readCurrent(name));
    expect([error.kind, error.retryAfterMs, error.status]).toEqual(["throttled", 7000, 429]);
    expect(harness.gcp.counts.get("version.access")).toBe(1);
  });

  test("a slow answer is not waited for", async () => {
    fault("version.access", { type: "delay", delayMs: 3000 });
    const hasty = createGcpSecretStore({ ...harness.access, requestTimeoutMs: 50 });
    await expectPortError(hasty.readCurrent(name), "unreachable");
  });
});

test("no error carries a value or a token, whatever the service does", async () => {
  const canary = "cAnArY-5b0e";
  const value = new Secret(JSON.stringify({ password: canary }));
  const { store, token } = harness;
  await flipThrough(store, name, 1);
  const request = () => flipRequest(name, 2, { value, replaces: "main/1" });
  const echo = JSON.stringify({ error: { code: 400, message: `${canary} ${token}`, status: "INVALID_ARGUMENT" } });
  const actions: FaultAction[] = [
    { type: "cut-before" },
    { type: "cut-after" },
    { type: "reply", status: 400, body: echo },
    { type: "reply", status: 200, body: `${canary} ${token}` },
    { type: "reply", status: 500, body: `${canary} ${token}` },
  ];
  let errors = 0;
  for (const kind of ["secret.get", "secret.patch", "version.add", "version.access", "version.list"]) {
    for (const action of actions) {
      const set = fault(kind, action, {});
      const calls = [
        () => store.flip(name, request()),
        () => store.stage(name, value, tagOf(2), tokenOf(name, "stage")),
        () => store.readCurrent(name),
        () => store.writeRound(name, "00"),
      ];
      for (const call of calls) {
        const outcome = await call().catch((error: unknown) => error);
        if (!(outcome instanceof Error)) continue;
        errors += 1;
        const printed = `${inspect(outcome, { depth: 12, showHidden: true })} ${JSON.stringify(outcome)}`;
        for (const form of [canary, token, Buffer.from(value.reveal()).toString("base64")]) {
          expect(printed.includes(form)).toBe(false);
        }
      }
      set.remove();
    }
  }
  expect(errors).toBeGreaterThan(25);
});
