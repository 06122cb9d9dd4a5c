import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Secret } from "../../core/secret.ts";
import { type AzureWorld, bareId, startWorld } from "./azure-fixtures.ts";
import { expectPortError } from "./contract-case.ts";
import { flipRequest, flipThrough, stageEpoch, tagOf, tokenOf, valueFor } from "./secret-store-fixtures.ts";

const name = "platform-pull";
let world: AzureWorld;

beforeEach(async () => {
  world = await startWorld(() => 1_790_000_000_000);
});

afterEach(async () => {
  await world.close();
});

describe("Key Vault's challenge", () => {
  test("the first call of a client is sent twice, the later ones once", async () => {
    const store = world.store();
    await store.readCurrent(name);
    await store.readCurrent(name);
    expect(Object.fromEntries(world.azure.counts)).toEqual({ other: 1, "secret.get": 2 });
  });

  test("many first calls at once keep their bodies, the first being the slowest", async () => {
    const before = world.store();
    const names = Array.from({ length: 10 }, (_, index) => `credential-${index}`);
    const staged = await Promise.all(names.map((one) => stageEpoch(before, one, 1)));
    const fresh = world.store();
    world.fault({ kind: "other", times: 1, action: { type: "delay", delayMs: 50 } });
    await Promise.all(names.map((one, index) => fresh.discard(one, [staged[index]?.versionId ?? ""])));
    for (const one of names) expect(world.azure.secret(`${one}-next`)?.map(({ enabled }) => enabled)).toEqual([false]);
  });

  test.each(["https://storage.azure.com", "https://management.azure.com"])(
    "a token for %s is refused",
    async (other) => {
      const store = world.store({ token: world.azure.issueToken(other) });
      await expectPortError(store.readCurrent(name), "denied", "bad-credentials");
    },
  );

  test("an expired token is refused", async () => {
    const store = world.store({ token: world.azure.issueToken("https://vault.azure.net", -1) });
    await expectPortError(store.readCurrent(name), "denied", "bad-credentials");
  });
});

describe("Key Vault's current version", () => {
  test("is found among many of the same second", async () => {
    const store = world.store();
    const ids = await flipThrough(store, name, 30);
    expect((await store.readCurrent(name))?.versionId).toBe(ids.at(-1));
    const listed = await store.listVersions(name);
    expect(listed.map((one) => one.versionId).sort()).toEqual([...ids].sort());
    expect(listed.filter((one) => one.current).map((one) => one.epoch)).toEqual([30]);
  });

  test("that is disabled is a conflict, never an older version", async () => {
    const store = world.store();
    const [, second = ""] = await flipThrough(store, name, 2);
    expect(await world.vault("PATCH", `secrets/${name}/${bareId(second)}`, { attributes: { enabled: false } })).toBe(
      200,
    );
    await expectPortError(store.readCurrent(name), "conflict", "disabled");
    await expectPortError(store.readVersion(name, second), "conflict", "disabled");
    await expectPortError(store.flip(name, flipRequest(name, 3, { replaces: second })), "conflict", "disabled");
    expect((await store.listVersions(name)).map(({ epoch, current }) => ({ epoch, current }))).toEqual([
      { epoch: 1, current: false },
    ]);
  });

  test("that somebody else wrote is no version of ours", async () => {
    const store = world.store();
    await world.vault("PUT", `secrets/${name}`, { value: "by hand" });
    expect(await store.listVersions(name)).toEqual([
      { versionId: (await store.readCurrent(name))?.versionId, epoch: null, current: true },
    ]);
  });

  test("that is written over before it is confirmed is a lost race", async () => {
    const store = world.store();
    world.fault({
      kind: "secret.get",
      skip: 1,
      times: 1,
      action: { type: "delay", delayMs: 0 },
      onHit: async () => {
        await world.vault("PUT", `secrets/${name}`, { value: "somebody else's" });
      },
    });
    await expectPortError(store.flip(name, flipRequest(name, 1)), "conflict", "stale-writer");
  });

  test("is confirmed again where the first look is stale", async () => {
    const store = world.store();
    const [first = ""] = await flipThrough(store, name, 1);
    world.fault({ kind: "secret.get", skip: 1, times: 1, action: { type: "stale" } });
    const { versionId } = await store.flip(name, flipRequest(name, 2, { replaces: first }));
    expect(world.azure.secret(name)?.at(-1)?.versionId).toBe(bareId(versionId));
    expect(world.sleeps).toEqual([500]);
  });

  test("that cannot be confirmed is unreachable, and done when asked again", async () => {
    const store = world.store();
    const [first = ""] = await flipThrough(store, name, 1);
    const request = flipRequest(name, 2, { replaces: first });
    const fault = world.fault({ kind: "secret.get", skip: 1, action: { type: "stale" } });
    await expectPortError(store.flip(name, request), "unreachable");
    fault.remove();
    const { versionId } = await store.flip(name, request);
    expect(world.azure.secret(name)?.map((one) => one.versionId)).toEqual([bareId(first), bareId(versionId)]);
  });
});

describe("Key Vault's soft delete", () => {
  test("a deleted name is recovered with all its versions and written over", async () => {
    const store = world.store();
    const [first = ""] = await flipThrough(store, name, 1);
    expect(await world.vault("DELETE", `secrets/${name}`)).toBe(200);
    expect(await store.readCurrent(name)).toBeNull();
    expect(await store.listVersions(name)).toEqual([]);
    const { versionId } = await store.flip(name, flipRequest(name, 2));
    expect((await store.readCurrent(name))?.versionId).toBe(versionId);
    expect((await store.readVersion(name, first)).value.reveal()).toBe(valueFor("e1").reveal());
  });

  test.each([
    ["a later epoch", 5, tagOf(5).ledgerId],
    ["another ledger", 1, "another-ledger"],
  ])("a deleted name that held %s is recovered and left", async (_, epoch, ledgerId) => {
    const store = world.store();
    await store.flip(name, flipRequest(name, epoch, { tag: { ...tagOf(epoch), ledgerId } }));
    await world.vault("DELETE", `secrets/${name}`);
    await expectPortError(store.flip(name, flipRequest(name, 2)), "conflict", "stale-writer");
    expect((await store.readCurrent(name))?.value.reveal()).toBe(valueFor(`e${epoch}`).reveal());
  });

  test("pending values and rounds come back too", async () => {
    const store = world.store();
    await stageEpoch(store, name, 1);
    await store.writeRound(name, "one");
    await world.vault("DELETE", `secrets/${name}-next`);
    await world.vault("DELETE", `secrets/${name}-round`);
    expect(await store.readRound(name)).toBeNull();
    const { versionId } = await stageEpoch(store, name, 2);
    await store.writeRound(name, "two");
    expect((await store.readVersion(name, versionId)).value.reveal()).toBe(valueFor("e2").reveal());
    expect(await store.readRound(name)).toBe("two");
  });

  test("a recovery under way is waited for, within bounds", async () => {
    const store = world.store();
    const message = "Secret platform-pull is currently being recovered and cannot be re-created; retry later.";
    const body = JSON.stringify({
      error: { code: "Conflict", message, innererror: { code: "ObjectIsBeingRecovered" } },
    });
    const headers = { "content-type": "application/json; charset=utf-8" };
    world.fault({ kind: "secret.set", times: 3, action: { type: "reply", status: 409, headers, body } });
    await flipThrough(store, name, 1);
    expect(world.sleeps).toEqual([2000, 2000, 2000]);
    world.fault({ kind: "secret.set", action: { type: "reply", status: 409, headers, body } });
    await expectPortError(stageEpoch(store, name, 2), "unreachable");
    expect(world.sleeps).toHaveLength(12);
  });
});

describe("Key Vault's limits", () => {
  test("are known before the call", async () => {
    const store = world.store();
    const large = new Secret("x".repeat(25_601));
    await expectPortError(store.stage(name, large, tagOf(1), tokenOf(name, "1")), "invalid", "too-large");
    await expectPortError(store.flip(name, flipRequest(name, 1, { value: large })), "invalid", "too-large");
    for (const bad of ["", "a_b", "a.b", "a/../b", "ä", "x".repeat(122)]) {
      await expectPortError(store.readCurrent(bad), "invalid");
    }
    expect(world.azure.counts.size).toBe(0);
    await flipThrough(store, "x".repeat(121), 1);
  });

  test("a discarded version is disabled, not destroyed", async () => {
    const store = world.store();
    const [first = ""] = await flipThrough(store, name, 2);
    await store.discard(name, [first]);
    const stored = world.azure.secret(name)?.map(({ versionId, enabled }) => ({ versionId, enabled }));
    expect(stored?.[0]).toEqual({ versionId: bareId(first), enabled: false });
    expect(stored?.[1]?.enabled).toBe(true);
  });
});
