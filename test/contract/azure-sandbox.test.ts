import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AzureWorld, container, startWorld } from "./azure-fixtures.ts";
import { rule } from "./rule.ts";

const startMs = 1_790_000_000_400;
let world: AzureWorld;
let nowMs = startMs;

beforeAll(async () => {
  world = await startWorld(() => nowMs);
});

afterAll(async () => {
  await world.close();
});

interface Bundle {
  readonly id: string;
  readonly value?: string;
  readonly contentType?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

async function send(
  resource: string,
  method: string,
  url: string,
  body?: string,
  headers: Record<string, string> = {},
) {
  const reply = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${world.azure.issueToken(resource)}`, "x-ms-version": "2025-11-05", ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

async function vault<Body = Bundle>(method: string, path: string, body?: object) {
  const url = `${world.azure.vaultUrl}${path}${path.includes("?") ? "" : "?api-version=7.5"}`;
  const { status, text } = await send("https://vault.azure.net", method, url, body && JSON.stringify(body));
  return { status, body: JSON.parse(text) as Body };
}

const blob = (method: string, path: string, body?: string, headers?: Record<string, string>) =>
  send("https://storage.azure.com", method, `${world.azure.accountUrl}/${path}`, body, headers);

describe("the sandbox's Key Vault", () => {
  rule("challenges what carries no token", "Key Vault, authentication, requests and responses", async () => {
    const reply = await fetch(`${world.azure.vaultUrl}/secrets/x?api-version=7.5`);
    expect(reply.status).toBe(401);
    expect(reply.headers.get("www-authenticate")).toMatch(
      /^Bearer authorization="https:\/\/login\.windows\.net\/[0-9a-f-]{36}", resource="https:\/\/vault\.azure\.net"$/,
    );
    expect(await reply.json()).toMatchObject({ error: { code: "Unauthorized" } });
  });

  rule(
    "reads with a trailing slash and a decoded parameter name, ids and whole seconds in the answer",
    "REST reference, Get Secret",
    async () => {
      const set = await vault("PUT", "/secrets/Plain", { value: "v1", tags: { a: "b" } });
      const { status, body } = await vault("GET", "/secrets/plain/?api%2Dversion=2026-04-01");
      expect(status).toBe(200);
      expect(body).toEqual({ ...set.body, value: "v1", tags: { a: "b" } });
      expect(body.id).toMatch(new RegExp(`^${world.azure.vaultUrl}/secrets/Plain/[0-9a-f]{32}$`));
      expect(body.attributes).toMatchObject({ enabled: true, created: 1_790_000_000, updated: 1_790_000_000 });
    },
  );

  rule(
    "updates what is named, keeps the rest, inherits nothing to the next version",
    "REST reference, Update Secret; azure-sdk-for-js#24756",
    async () => {
      const { body } = await vault("PUT", "/secrets/patched", {
        value: "v1",
        contentType: "text/plain",
        tags: { a: "1" },
      });
      const path = new URL(body.id).pathname;
      nowMs += 5_000;
      const changed = await vault("PATCH", path, { attributes: { enabled: false } });
      expect(changed.body).toMatchObject({ contentType: "text/plain", tags: { a: "1" } });
      expect(changed.body.value).toBeUndefined();
      expect(changed.body.attributes).toMatchObject({ enabled: false, created: 1_790_000_000, updated: 1_790_000_005 });
      for (const at of ["/secrets/patched", path]) {
        const refused = await vault<object>("GET", at);
        expect(refused).toMatchObject({
          status: 403,
          body: { error: { code: "Forbidden", innererror: { code: "SecretDisabled" } } },
        });
      }
      expect((await vault("PUT", "/secrets/patched", { value: "v2" })).body).toMatchObject({ tags: {} });
    },
  );

  rule(
    "lists pages of 25 in the order of ids, without values",
    "REST reference, Get Secret Versions; lowkey-vault#428",
    async () => {
      for (let count = 0; count < 30; count += 1) await vault("PUT", "/secrets/many", { value: String(count) });
      interface Page {
        readonly value: readonly Bundle[];
        readonly nextLink: string | null;
      }
      const first = (await vault<Page>("GET", "/secrets/many/versions")).body;
      const rest = await send("https://vault.azure.net", "GET", first.nextLink ?? "");
      const second = JSON.parse(rest.text) as Page;
      expect([first.value.length, second.value.length, second.nextLink]).toEqual([25, 5, null]);
      const ids = [...first.value, ...second.value].map((one) => one.id);
      expect(ids).toEqual([...ids].sort());
      expect(new Set(ids).size).toBe(30);
      expect(JSON.stringify(first)).not.toContain('"value":"');
      expect((await vault("GET", "/secrets/many/versions?api-version=7.5&maxresults=26")).status).toBe(400);
    },
  );

  rule("keeps deleted names for recovery", "Key Vault, soft-delete overview", async () => {
    await vault("PUT", "/secrets/gone", { value: "v1" });
    expect((await vault("DELETE", "/secrets/gone")).body).toMatchObject({
      recoveryId: `${world.azure.vaultUrl}/deletedsecrets/gone`,
    });
    expect((await vault("GET", "/secrets/gone")).status).toBe(404);
    expect((await vault("DELETE", "/secrets/gone")).status).toBe(404);
    expect(await vault<object>("PUT", "/secrets/gone", { value: "v2" })).toMatchObject({
      status: 409,
      body: { error: { code: "Conflict", innererror: { code: "ObjectIsDeletedButRecoverable" } } },
    });
    expect((await vault("GET", "/deletedsecrets/gone")).status).toBe(200);
    expect((await vault("POST", "/deletedsecrets/gone/recover")).status).toBe(200);
    expect((await vault("GET", "/secrets/gone")).body.value).toBe("v1");
    expect((await vault("GET", "/deletedsecrets/gone")).status).toBe(404);
  });

  test.each<[string, string, object | undefined]>([
    ["a value of 25,601 bytes", "/secrets/x", { value: "x".repeat(25_601) }],
    [
      "16 tags",
      "/secrets/x",
      { value: "x", tags: Object.fromEntries([..."abcdefghijklmnop"].map((key) => [key, ""])) },
    ],
    ["a tag of 257 characters", "/secrets/x", { value: "x", tags: { a: "x".repeat(257) } }],
    ["no value", "/secrets/x", { tags: {} }],
    ["a value that is no text", "/secrets/x", { value: 1 }],
    ["a name with _", "/secrets/a_b", { value: "x" }],
    ["a name of 128 characters", `/secrets/${"x".repeat(128)}`, { value: "x" }],
    ["an unknown api-version", "/secrets/x?api-version=banana", { value: "x" }],
    ["no api-version", "/secrets/x?a=b", { value: "x" }],
    ["no body", "/secrets/x", undefined],
  ])("refuses %s", async (_, path, body) => {
    const reply = await vault<object>("PUT", path, body);
    expect(reply).toMatchObject({ status: 400, body: { error: { code: "BadParameter" } } });
    expect(world.azure.secret("x")).toBeNull();
  });
});

describe("the sandbox's Blob storage", () => {
  rule("creates containers once", "Blob service REST, Create Container", async () => {
    expect((await blob("PUT", "made?restype=container")).status).toBe(201);
    const again = await blob("PUT", "made?restype=container");
    expect([again.status, again.headers.get("x-ms-error-code")]).toEqual([409, "ContainerAlreadyExists"]);
  });

  rule("answers errors as XML with the code in a header", "Blob service REST, status and error codes", async () => {
    const absent = await blob("GET", `${container}/absent`);
    expect([absent.status, absent.headers.get("x-ms-error-code")]).toEqual([404, "BlobNotFound"]);
    expect(absent.text).toMatch(
      /^(?:\uFEFF)?<\?xml version="1.0" encoding="utf-8"\?><Error><Code>BlobNotFound<\/Code>/,
    );
    expect(absent.headers.get("x-ms-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect((await blob("GET", "nowhere/absent")).headers.get("x-ms-error-code")).toBe("ContainerNotFound");
    expect((await blob("HEAD", `${container}/absent`)).text).toBe("");
    expect((await fetch(`${world.azure.accountUrl}/${container}/absent`)).status).toBe(401);
  });

  rule("compares ETags", "Blob service REST, conditional headers", async () => {
    const type = { "x-ms-blob-type": "BlockBlob" };
    const path = `${container}/a/b`;
    expect((await blob("PUT", path, "0")).headers.get("x-ms-error-code")).toBe("MissingRequiredHeader");
    const made = await blob("PUT", path, "1", { ...type, "if-none-match": "*" });
    const etag = made.headers.get("etag") ?? "";
    const codes = [
      await blob("PUT", path, "2", { ...type, "if-none-match": "*" }),
      await blob("PUT", path, "2", { ...type, "if-match": '"other"' }),
      await blob("PUT", `${path}/absent`, "2", { ...type, "if-match": etag }),
      await blob("PUT", path, "2", { ...type, "if-match": etag }),
      await blob("PUT", path, "3", { ...type, "if-match": etag }),
      await blob("GET", path, undefined, { "if-match": etag }),
    ].map(({ status, headers }) => [status, headers.get("x-ms-error-code")]);
    expect(codes).toEqual([
      [409, "BlobAlreadyExists"],
      [412, "ConditionNotMet"],
      [412, "ConditionNotMet"],
      [201, null],
      [412, "ConditionNotMet"],
      [412, "ConditionNotMet"],
    ]);
    const read = await blob("GET", path);
    expect([read.status, read.text, read.headers.get("date")]).toEqual([200, "2", new Date(nowMs).toUTCString()]);
    expect((await blob("GET", path, undefined, { "if-none-match": read.headers.get("etag") ?? "" })).status).toBe(304);
    expect([(await blob("DELETE", path)).status, (await blob("DELETE", path)).status]).toEqual([202, 404]);
  });
});
