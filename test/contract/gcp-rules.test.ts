import { afterEach, beforeEach, expect } from "vitest";
import { documentedGcpRates } from "../../functions/sandbox/gcp/quotas.ts";
import { expectPortError } from "./contract-case.ts";
import { type GcpHarness, raw, startGcpHarness } from "./gcp-fixtures.ts";
import { rule } from "./rule.ts";

const quotasPage = "Secret Manager, quotas and limits";
const payload = { payload: { data: Buffer.from("x").toString("base64") } };
let it: GcpHarness;

beforeEach(async () => {
  it = await startGcpHarness(documentedGcpRates);
  await raw(it, "POST", "secrets?secretId=app", { replication: { automatic: {} } });
});
afterEach(() => it.close());

const add = (id = "app") => raw(it, "POST", `secrets/${id}:addVersion`, payload);

rule("two writes per second and secret, the third is RESOURCE_EXHAUSTED", quotasPage, async () => {
  const statuses = [(await add()).status, (await add()).status, (await add()).status];
  expect(statuses).toEqual([200, 200, 429]);
  const patch = await raw(it, "PATCH", "secrets/app?updateMask=labels", { labels: {} });
  expect(patch.body).toMatchObject({ error: { code: 429, status: "RESOURCE_EXHAUSTED" } });
  await raw(it, "POST", "secrets?secretId=other", { replication: { automatic: {} } });
  expect((await add("other")).status).toBe(200);
  it.advance(1000);
  expect((await add()).status).toBe(200);
});

rule("one change of state per second and version", quotasPage, async () => {
  await add();
  await add();
  const change = async (at: string) => (await raw(it, "POST", `secrets/app/versions/${at}`, {})).status;
  expect([await change("1:disable"), await change("1:enable"), await change("2:disable")]).toEqual([200, 429, 200]);
  it.advance(1000);
  expect(await change("1:destroy")).toBe(200);
});

rule("600 writes and 600 reads per minute and project, counted apart", quotasPage, async () => {
  const get = async () => (await raw(it, "GET", "secrets/app")).status;
  for (let count = 0; count < 600; count += 1) await get();
  expect(await get()).toBe(429);
  expect((await add()).status).toBe(200);
  expect((await raw(it, "GET", "secrets/app/versions/1:access")).status).toBe(200);
  it.advance(60_000);
  expect(await get()).toBe(200);
});

rule(
  "an alias may name any version that exists, an access by it is refused while that is disabled",
  "resources.proto, Secret.version_aliases; external-secrets#4042",
  async () => {
    await add();
    await raw(it, "PATCH", "secrets/app?updateMask=versionAliases", { versionAliases: { current: "1" } });
    await raw(it, "POST", "secrets/app/versions/1:disable", {});
    const reply = await raw(it, "GET", "secrets/app/versions/current:access");
    expect(reply.body).toMatchObject({ error: { code: 400, status: "FAILED_PRECONDITION" } });
    await expectPortError(it.store.readCurrent("app"), "conflict", "disabled");
  },
);

rule("version etags guard changes of state", "Secret Manager, ETags", async () => {
  await add();
  const stale = await raw(it, "POST", "secrets/app/versions/1:destroy", { etag: '"old"' });
  expect(stale.body).toMatchObject({ error: { code: 400, status: "FAILED_PRECONDITION" } });
  it.advance(1000);
  const { etag } = (await raw(it, "GET", "secrets/app/versions/1")).body as { etag: string };
  expect((await raw(it, "POST", "secrets/app/versions/1:destroy", { etag })).status).toBe(200);
});
