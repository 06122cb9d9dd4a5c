import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeValue, encodeValue, hashOf, type StoreValue, traceOf } from "../../../core/engine/value.ts";
import { parsePullSecret } from "../../../core/pullsecret/index.ts";
import { Secret } from "../../../core/secret.ts";

const value: StoreValue = {
  ledgerId: "a".repeat(32),
  epoch: 4,
  generation: 3,
  hashKey: "00ff",
  login: { username: "robot$platform-pull-g3-0a1b", password: new Secret("Canary-1-password") },
  registryKey: "harbor.example.com",
  expiresAtMs: 1_800_000_000_000,
  robotId: 17,
};
const fieldsOf = (secret: Secret) => JSON.parse(secret.reveal()) as Record<string, string>;
const changed = (changes: Record<string, unknown>) =>
  new Secret(JSON.stringify({ ...fieldsOf(encodeValue(value)), ...changes }));

describe("a value", () => {
  test("is a flat object of strings, with a pull secret that kubelet reads", () => {
    const fields = fieldsOf(encodeValue(value));
    expect(Object.values(fields).every((field) => typeof field === "string")).toBe(true);
    const content = parsePullSecret("kubernetes.io/dockerconfigjson", fields["dockerconfigjson"] ?? null);
    expect(content.state === "parsed" && content.logins["harbor.example.com"]?.username).toBe(value.login.username);
  });

  test("comes back as it went in", () => {
    const usernames = fc.stringMatching(/^[a-z0-9$+._-]{1,40}$/);
    const passwords = fc.string({ unit: fc.constantFrom(...'aZ9 :~"\\/é☃'), minLength: 1, maxLength: 40 });
    const counts = fc.integer({ min: 1, max: 2 ** 40 });
    const any = fc.record({
      username: usernames,
      password: passwords,
      epoch: counts,
      generation: counts,
      robotId: counts,
      expiresAtMs: fc.option(fc.integer({ min: 0, max: 4e12 })),
    });
    fc.assert(
      fc.property(any, ({ username, password, ...rest }) => {
        const put: StoreValue = { ...value, ...rest, login: { username, password: new Secret(password) } };
        const decoded = decodeValue(encodeValue(put));
        if (decoded.is !== "ours") throw new Error(decoded.is);
        expect(decoded.value).toEqual(put);
        expect(decoded.value.login.password.reveal()).toBe(password);
        expect(hashOf(decoded.value)).toBe(hashOf(put));
      }),
    );
  });

  test("of a newer format is told apart, whatever else is in it", () => {
    expect(decodeValue(changed({ v: "2" }))).toEqual({ is: "newer", format: 2 });
    expect(decodeValue(new Secret('{"v":"12","all":"new"}'))).toEqual({ is: "newer", format: 12 });
  });

  test("says of itself nothing that is secret; its hash is keyed", () => {
    expect(JSON.stringify(traceOf(value))).not.toContain("Canary");
    expect(hashOf({ ...value, hashKey: "00fe" })).not.toBe(hashOf(value));
    expect(hashOf({ ...value, epoch: 9, generation: 8 })).toBe(hashOf(value));
  });
});

describe("foreign", () => {
  test.each<[string, Secret]>([
    ["no JSON", new Secret("hunter2")],
    ["empty", new Secret("")],
    ["a list", new Secret("[]")],
    ["null", new Secret("null")],
    ["somebody's pull secret", new Secret('{"auths":{}}')],
    ["a number in it", changed({ epoch: 4 })],
    ["no format", changed({ v: "" })],
    ["format zero", changed({ v: "0" })],
    ["no ledger id", changed({ ledger: "abc" })],
    ["epoch zero", changed({ epoch: "0" })],
    ["a broken epoch", changed({ epoch: "1.5" })],
    ["no password", changed({ password: "" })],
    ["no username", changed({ username: "" })],
    ["no hash key", changed({ hashKey: "" })],
    ["an expiry that is no time", changed({ expiresAt: "soon" })],
  ])("%s", (_what, text) => {
    expect(decodeValue(text)).toEqual({ is: "foreign" });
  });

  test("no text makes it throw", () => {
    const json = fc.json().map((text) => new Secret(text));
    const texts = fc.oneof(
      fc.string().map((text) => new Secret(text)),
      json,
      fc.dictionary(fc.string(), fc.string()).map(changed),
    );
    fc.assert(fc.property(texts, (text) => ["ours", "foreign", "newer"].includes(decodeValue(text).is)));
  });
});
