import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crc32c } from "../../core/drivers/gcp-secret-manager/crc32c.ts";
import type { GcpCall } from "../../core/drivers/http/gcp-client.ts";
import { crc32cOf } from "../../functions/sandbox/gcp/crc32c.ts";
import { expectPortError } from "./contract-case.ts";
import { type GcpHarness, officialClient, project, type RawReply, raw, startGcpHarness } from "./gcp-fixtures.ts";
import { officialGcpClient } from "./gcp-official.ts";
import { rule } from "./rule.ts";
import { flipRequest, flipThrough, stageEpoch, valueFor } from "./secret-store-fixtures.ts";

const replication = { automatic: {} };
const base64 = (text: string): string => Buffer.from(text).toString("base64");

let harness: GcpHarness;
beforeAll(async () => {
  harness = await startGcpHarness();
});
afterAll(() => harness.close());

const create = (id: string, secret: object = {}) =>
  raw(harness, "POST", `secrets?secretId=${id}`, { replication, ...secret });
const add = (id: string, text: string) =>
  raw(harness, "POST", `secrets/${id}:addVersion`, { payload: { data: base64(text) } });
const statusOf = ({ body }: RawReply) => {
  const { error } = body as { error?: { code: number; status: string } };
  return [error?.code, error?.status];
};

describe("Google's own client over REST", () => {
  test("reads what our driver wrote, by alias, by number and as metadata", async () => {
    const client = officialClient(harness);
    await flipThrough(harness.store, "seen", 2);
    await stageEpoch(harness.store, "seen", 3);
    const name = `projects/${project}/secrets/seen`;
    const [current] = await client.accessSecretVersion({ name: `${name}/versions/current` });
    expect(current.payload?.data?.toString()).toBe(valueFor("e2").reveal());
    expect(Number(current.payload?.dataCrc32c)).toBe(crc32c(Buffer.from(valueFor("e2").reveal())));
    const [first] = await client.accessSecretVersion({ name: `${name}/versions/1` });
    expect(first.payload?.data?.toString()).toBe(valueFor("e1").reveal());
    const [secret] = await client.getSecret({ name });
    expect(secret.versionAliases).toEqual({ current: "2" });
    expect(secret.etag).toMatch(/^".+"$/);
    expect(secret.name).toBe(`projects/${harness.gcp.projectNumber}/secrets/seen`);
    const [versions] = await client.listSecretVersions({ parent: name });
    expect(versions.map((version) => [version.name?.split("/").at(-1), version.state])).toEqual([
      ["2", "ENABLED"],
      ["1", "ENABLED"],
    ]);
    expect(versions[0]?.clientSpecifiedPayloadChecksum).toBe(true);
    const [next] = await client.accessSecretVersion({ name: `${name}-next/versions/1` });
    expect(next.payload?.data?.toString()).toMatch(/^capstan-pending 3 cap-[0-9a-f]{36}\n/);
    expect(next.payload?.data?.toString().split("\n")[1]).toBe(valueFor("e3").reveal());
  });

  test("writes what our driver reads, and is shown as somebody else's version", async () => {
    const client = officialClient(harness);
    const parent = `projects/${project}`;
    await client.createSecret({ parent, secretId: "made-by-hand", secret: { replication } });
    const name = `${parent}/secrets/made-by-hand`;
    const data = Buffer.from(valueFor("hand").reveal());
    await client.addSecretVersion({ parent: name, payload: { data, dataCrc32c: crc32c(data) } });
    await client.updateSecret({
      secret: { name, versionAliases: { current: 1 } },
      updateMask: { paths: ["version_aliases"] },
    });
    expect((await harness.store.readCurrent("made-by-hand"))?.value.reveal()).toBe(valueFor("hand").reveal());
    expect(await harness.store.listVersions("made-by-hand")).toEqual([
      { versionId: "main/1", epoch: null, current: true },
    ]);
    await client.updateSecret({
      secret: { name, annotations: { "owner.example": "platform" } },
      updateMask: { paths: ["annotations"] },
    });
    await harness.store.flip("made-by-hand", flipRequest("made-by-hand", 1, { replaces: "main/1" }));
    const [secret] = await client.getSecret({ name });
    expect(secret.annotations?.["owner.example"]).toBe("platform");
    expect(secret.versionAliases).toEqual({ current: "2" });
  });

  test("gets gRPC codes from the error bodies", async () => {
    const client = officialClient(harness);
    const parent = `projects/${project}`;
    await expect(client.getSecret({ name: `${parent}/secrets/none` })).rejects.toMatchObject({ code: 5 });
    await client.createSecret({ parent, secretId: "twice", secret: { replication } });
    const again = client.createSecret({ parent, secretId: "twice", secret: { replication } });
    await expect(again).rejects.toMatchObject({ code: 6 });
    const name = `${parent}/secrets/twice`;
    const stale = client.updateSecret({ secret: { name, etag: '"1"', labels: {} }, updateMask: { paths: ["labels"] } });
    await expect(stale).rejects.toMatchObject({ code: 9 });
  });

  test("below our driver, one call is one try and says why it failed", async () => {
    const client = officialGcpClient(officialClient(harness), harness.access);
    const access: GcpCall = {
      method: "GET",
      path: "secrets/once/versions/1:access",
      operation: "AccessSecretVersion",
      subject: "once/versions/1",
    };
    const before = harness.gcp.counts.get("version.access") ?? 0;
    const set = harness.faults.set({ part: "gcp", action: { type: "cut-after" } });
    await expectPortError(client.call(access), "unreachable");
    set.remove();
    await expectPortError(client.call(access), "not-found");
    expect(harness.gcp.counts.get("version.access")).toBe(before + 2);
  });
});

describe("the documented rules", () => {
  rule(
    "`latest` is the newest created: disabled or destroyed, there is no falling back",
    "resources.proto, SecretVersion; external-secrets#4042",
    async () => {
      await create("latest-rule");
      for (const text of ["one", "two"]) await add("latest-rule", text);
      const latest = () => raw(harness, "GET", "secrets/latest-rule/versions/latest:access");
      expect((await latest()).body).toMatchObject({ payload: { data: base64("two") } });
      await raw(harness, "POST", "secrets/latest-rule/versions/2:disable", {});
      expect(statusOf(await latest())).toEqual([400, "FAILED_PRECONDITION"]);
      await raw(harness, "POST", "secrets/latest-rule/versions/2:enable", {});
      expect((await latest()).status).toBe(200);
      await raw(harness, "POST", "secrets/latest-rule/versions/2:destroy", {});
      expect(statusOf(await latest())).toEqual([400, "FAILED_PRECONDITION"]);
      expect(statusOf(await raw(harness, "POST", "secrets/latest-rule/versions/2:enable", {}))).toEqual([
        400,
        "FAILED_PRECONDITION",
      ]);
      expect((await raw(harness, "GET", "secrets/latest-rule/versions/2")).body).toMatchObject({ state: "DESTROYED" });
      expect(harness.gcp.secret("latest-rule")?.versions.map(({ value }) => value)).toEqual(["one", null]);
    },
  );

  rule(
    "one of twenty writers with the same etag wins, and a write that changes nothing changes the etag",
    "Secret Manager, ETags",
    async () => {
      const { etag } = (await create("etag-race")).body as { etag: string };
      const patch = (owner: string) =>
        raw(harness, "PATCH", "secrets/etag-race?updateMask=annotations", { etag, annotations: { owner } });
      const replies = await Promise.all(Array.from({ length: 20 }, (_, index) => patch(`writer-${index}`)));
      expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1);
      for (const reply of replies.filter(({ status }) => status !== 200)) {
        expect(statusOf(reply)).toEqual([400, "FAILED_PRECONDITION"]);
      }
      const before = harness.gcp.secret("etag-race");
      await raw(harness, "PATCH", "secrets/etag-race?updateMask=annotations", {
        annotations: before?.annotations ?? {},
      });
      expect(harness.gcp.secret("etag-race")?.annotations).toEqual(before?.annotations);
      expect(harness.gcp.secret("etag-race")?.etag).not.toBe(before?.etag);
    },
  );

  rule(
    "a version leaves the secret's etag alone, and the mask leaves the other fields alone",
    "Secret Manager, ETags; service.proto, UpdateSecret",
    async () => {
      await create("masked", { labels: { team: "platform" }, annotations: { note: "kept" } });
      const before = harness.gcp.secret("masked");
      await add("masked", "one");
      expect(harness.gcp.secret("masked")?.etag).toBe(before?.etag);
      await raw(harness, "PATCH", "secrets/masked?updateMask=version_aliases", {
        labels: {},
        annotations: {},
        versionAliases: { blue: "1" },
      });
      const { labels, annotations, aliases } = harness.gcp.secret("masked") ?? {};
      expect({ labels, annotations, aliases }).toEqual({
        labels: { team: "platform" },
        annotations: { note: "kept" },
        aliases: { blue: 1 },
      });
      expect((await raw(harness, "GET", "secrets/masked/versions/blue:access")).body).toMatchObject({
        payload: { data: base64("one") },
      });
      expect((await raw(harness, "PATCH", "secrets/masked", { labels: {} })).status).toBe(400);
    },
  );

  rule(
    "a wrong checksum, an empty or too large payload and too many annotations are refused",
    "resources.proto, SecretPayload, Secret",
    async () => {
      await create("limits");
      const payload = (fields: object) => raw(harness, "POST", "secrets/limits:addVersion", { payload: fields });
      expect(statusOf(await payload({ data: base64("x"), dataCrc32c: "1" }))).toEqual([400, "INVALID_ARGUMENT"]);
      expect((await payload({ data: "" })).status).toBe(400);
      expect((await payload({ data: base64("x".repeat(65_537)) })).status).toBe(400);
      expect((await payload({ data: base64("x".repeat(65_536)) })).status).toBe(200);
      const annotated = (bytes: number) =>
        raw(harness, "PATCH", "secrets/limits?updateMask=annotations", { annotations: { k: "x".repeat(bytes - 1) } });
      expect((await annotated(16_384)).status).toBe(400);
      expect((await annotated(16_383)).status).toBe(200);
      const aliases = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`a${index}`, "1"]));
      for (const versionAliases of [aliases, { latest: "1" }, { NEW: "1" }, { "1a": "1" }, { absent: "9" }]) {
        expect(
          (await raw(harness, "PATCH", "secrets/limits?updateMask=versionAliases", { versionAliases })).status,
        ).toBe(400);
      }
      for (const id of ["bad id", "", "x".repeat(256)]) expect((await create(encodeURIComponent(id))).status).toBe(400);
      expect((await raw(harness, "POST", "secrets?secretId=none", {})).status).toBe(400);
      expect((await create("typo", { anotations: {} })).status).toBe(400);
    },
  );

  rule("a stale read knows a new version by its number alone", "Secret Manager, resource consistency", async () => {
    await create("staleness");
    await add("staleness", "one");
    const stale = async (path: string) => {
      const set = harness.faults.set({ part: "gcp", action: { type: "stale" } });
      const { status } = await raw(harness, "GET", `secrets/staleness${path}`);
      set.remove();
      return status;
    };
    expect(await stale("/versions/1:access")).toBe(200);
    expect(await stale("/versions/latest:access")).toBe(404);
    const { etag } = harness.gcp.secret("staleness") ?? {};
    await raw(harness, "PATCH", "secrets/staleness?updateMask=labels", { labels: { a: "b" } });
    const set = harness.faults.set({ part: "gcp", action: { type: "stale" } });
    expect((await raw(harness, "GET", "secrets/staleness")).body).toMatchObject({ etag });
    const patched = await raw(harness, "PATCH", "secrets/staleness?updateMask=labels", { etag, labels: {} });
    expect(statusOf(patched)).toEqual([400, "FAILED_PRECONDITION"]);
    set.remove();
  });

  rule(
    "enums are names, and numbers for who asks as Google's client does",
    "Google APIs, system parameters",
    async () => {
      await create("enums");
      await add("enums", "one");
      const version = "secrets/enums/versions/1";
      expect((await raw(harness, "GET", version)).body).toMatchObject({ state: "ENABLED" });
      expect((await raw(harness, "GET", `${version}?$alt=json%3Benum-encoding=int`)).body).toMatchObject({ state: 1 });
    },
  );

  rule("lists are newest first and paged", "service.proto, ListSecretVersions", async () => {
    await create("paged");
    for (const text of ["one", "two", "three"]) await add("paged", text);
    const first = (await raw(harness, "GET", "secrets/paged/versions?pageSize=2")).body as {
      versions: { name: string }[];
      nextPageToken: string;
      totalSize: number;
    };
    expect(first.versions.map(({ name }) => name.split("/").at(-1))).toEqual(["3", "2"]);
    expect(first.totalSize).toBe(3);
    const rest = `secrets/paged/versions?pageSize=2&pageToken=${first.nextPageToken}`;
    const second = (await raw(harness, "GET", rest)).body as { versions: { name: string }[]; nextPageToken?: string };
    expect(second.versions.map(({ name }) => name.split("/").at(-1))).toEqual(["1"]);
    expect(second.nextPageToken).toBeUndefined();
    const { body } = await raw(harness, "GET", "secrets?pageSize=1");
    expect(body).toMatchObject({ secrets: [{}], nextPageToken: expect.any(String) });
  });

  rule("a deleted secret is gone whole, and its etag guards the deletion", "service.proto, DeleteSecret", async () => {
    await create("short-lived");
    await add("short-lived", "one");
    expect(statusOf(await raw(harness, "DELETE", "secrets/short-lived?etag=%22old%22"))).toEqual([
      400,
      "FAILED_PRECONDITION",
    ]);
    expect((await raw(harness, "DELETE", "secrets/short-lived")).body).toEqual({});
    expect(statusOf(await raw(harness, "GET", "secrets/short-lived"))).toEqual([404, "NOT_FOUND"]);
  });

  test("requests are counted by kind, an unknown path is `other`", async () => {
    const before = harness.gcp.counts.get("version.access") ?? 0;
    await raw(harness, "GET", "secrets/paged/versions/1:access");
    await raw(harness, "GET", "secrets/paged/versions/1:peek");
    expect(harness.gcp.counts.get("version.access")).toBe(before + 1);
    expect(harness.gcp.counts.get("other")).toBeGreaterThan(0);
  });
});

test("both checksums agree with the published check value", () => {
  for (const one of [crc32c, crc32cOf]) expect(one(Buffer.from("123456789"))).toBe(0xe3069283);
});
