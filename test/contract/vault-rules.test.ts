import { afterEach, beforeEach, expect } from "vitest";
import { documentedVaultRates } from "../../functions/sandbox/azure/quotas.ts";
import { type AzureWorld, startWorld } from "./azure-fixtures.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { rule } from "./rule.ts";
import { flipThrough, stageEpoch } from "./secret-store-fixtures.ts";

const name = "app";
let nowMs = 1_790_000_000_000;
let world: AzureWorld;

beforeEach(async () => {
  world = await startWorld(() => nowMs, documentedVaultRates);
});
afterEach(() => world.close());

const requests = (): number => [...world.azure.counts.values()].reduce((sum, count) => sum + count, 0);

rule(
  "a client's first call is sent twice, challenge first, later ones once",
  "Key Vault, authentication, requests and responses",
  async () => {
    const store = world.store();
    expect(await store.readCurrent(name)).toBeNull();
    expect(requests()).toBe(2);
    expect(await store.readCurrent(name)).toBeNull();
    expect(requests()).toBe(3);
  },
);

rule("a disabled current version is refused, never replaced by an older one", "azure-sdk-for-js#24756", async () => {
  const store = world.store();
  const [, second = ""] = await flipThrough(store, name, 2);
  expect(
    await world.vault("PATCH", `secrets/${name}/${second.split("/")[1]}`, { attributes: { enabled: false } }),
  ).toBe(200);
  await expectPortError(store.readCurrent(name), "conflict", "disabled");
});

rule("no condition is looked at: of two writers with one If-Match both win", "azure-sdk-for-python#39790", async () => {
  const url = `${world.azure.vaultUrl}/secrets/${name}?api-version=7.5`;
  const authorization = `Bearer ${world.azure.issueToken("https://vault.azure.net")}`;
  const set = (value: string) =>
    fetch(url, { method: "PUT", headers: { authorization, "if-match": '"one"' }, body: JSON.stringify({ value }) });
  expect([(await set("a")).status, (await set("b")).status]).toEqual([200, 200]);
  expect(world.azure.secret(name)).toHaveLength(2);
});

rule(
  "`created` has whole seconds, so versions of one second cannot be told apart by it",
  "REST reference, SecretAttributes; azure-sdk-for-net#45792",
  async () => {
    await flipThrough(world.store(), name, 3);
    const reply = await fetch(`${world.azure.vaultUrl}/secrets/${name}/versions?api-version=7.5`, {
      headers: { authorization: `Bearer ${world.azure.issueToken("https://vault.azure.net")}` },
    });
    const { value } = (await reply.json()) as { value: { attributes: { created: number } }[] };
    expect(new Set(value.map(({ attributes }) => attributes.created)).size).toBe(1);
  },
);

rule(
  "301 new versions in ten seconds are throttled with 429 and Retry-After, reads go on",
  "Key Vault, service limits",
  async () => {
    for (let count = 0; count < 300; count += 1) await world.vault("PUT", "secrets/busy", { value: String(count) });
    const error = await portErrorOf(stageEpoch(world.store(), name, 1));
    expect([error.kind, error.retryAfterMs]).toEqual(["throttled", 10_000]);
    expect(await world.vault("GET", "secrets/busy")).toBe(200);
    nowMs += 10_000;
    await stageEpoch(world.store(), name, 1);
  },
);

rule("dates stop no reader: an expired version is read", "Key Vault, about secrets", async () => {
  await world.vault("PUT", `secrets/${name}`, { value: "x", attributes: { exp: 1, nbf: 9_999_999_999 } });
  expect((await world.store().readCurrent(name))?.value.reveal()).toBe("x");
});

rule(
  "with stale reads switched on, reads answer from before the last write",
  "Key Vault, availability and redundancy",
  async () => {
    const store = world.store();
    const [first] = await flipThrough(store, name, 2);
    world.fault({ kind: "secret.get", action: { type: "stale" } });
    expect((await store.readCurrent(name))?.versionId).toBe(first);
  },
);
