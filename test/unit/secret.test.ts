import { format, inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Secret } from "../../core/secret.ts";

const text = "s3cr3t-cAnArY-99";
const secret = new Secret(text);

describe("a secret prints as redacted", () => {
  const prints: Readonly<Record<string, () => string>> = {
    String: () => String(secret),
    "a template": () => `${secret}`,
    concatenation: () => ["", secret].join(""),
    JSON: () => JSON.stringify(secret),
    "JSON of what holds it": () => JSON.stringify({ login: { password: secret }, list: [secret] }),
    inspect: () => inspect(secret),
    "inspect of what holds it": () => inspect({ deep: [{ secret }] }, { depth: 9, showHidden: true, getters: true }),
    "inspect without the custom printer": () => inspect(secret, { customInspect: false, showHidden: true }),
    "format %s": () => format("%s", secret),
    "format %o and %O": () => format("%o %O", secret, { secret }),
    "format %j": () => format("%j", secret),
    "an error's message": () => inspect(new Error(`login with ${secret}`)),
    "an error's cause": () => inspect(new Error("no login", { cause: { password: secret } })),
    "an error's own field": () => inspect(Object.assign(new Error("no login"), { secret })),
    "its fields": () => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret)]),
    "a map": () => inspect(new Map([[secret, secret]])),
  };
  test.for(Object.entries(prints))("%s", ([, print]) => {
    const printed = print();
    expect(printed.length).toBeGreaterThan(0);
    expect(printed).not.toContain(text);
  });

  test("and says so", () => {
    expect([String(secret), JSON.parse(JSON.stringify(secret)), inspect(secret)]).toEqual(
      Array.from({ length: 3 }, () => "[redacted]"),
    );
  });
});

test("a copy by structure or spread carries nothing", () => {
  expect(inspect(structuredClone({ ...secret }))).not.toContain(text);
  expect(inspect(structuredClone(secret))).not.toContain(text);
});

test("reveal gives the text, equals compares it", () => {
  expect(secret.reveal()).toBe(text);
  expect(secret.equals(new Secret(text))).toBe(true);
  expect(secret.equals(new Secret(`${text} `))).toBe(false);
});
