import { describe, expect, test } from "vitest";
import { createReferenceResolver, UnresolvedReference } from "../../../core/config/references.ts";

const asked: string[] = [];
const resolver = createReferenceResolver({
  env: { GOOD: "s3cret", EMPTY: "", NEWLINE: "s3cret\r\n\n", ONLY_NEWLINE: "\n", LONG: "x".repeat(70_000) },
  readFile: async (path) => {
    asked.push(path);
    if (path === "/etc/token") return "from-file\n";
    throw Object.assign(new Error("hunter2 in a message"), { code: "EACCES" });
  },
  fetchers: {
    aws: async (name, key) => `${name}|${key}`,
    gcp: async () => {
      throw new Error("hunter2 in a message");
    },
  },
});

describe("references", () => {
  test.each([
    ["env:GOOD", "s3cret"],
    ["env:NEWLINE", "s3cret"],
    ["file:/etc/token", "from-file"],
    ["aws:team/harbor", "team/harbor|null"],
    [
      "aws:arn:aws:secretsmanager:eu-central-1:123456789012:secret:harbor-AbCdEf#password",
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:harbor-AbCdEf|password",
    ],
  ])("%s", async (reference, text) => {
    const secret = await resolver.resolve(reference);
    expect(secret.reveal()).toBe(text);
    expect(String(secret)).toBe("[redacted]");
  });

  test.each([
    ["env:MISSING", "env:MISSING: the environment variable is not set"],
    ["env:EMPTY", "env:EMPTY: it is empty"],
    ["env:ONLY_NEWLINE", "env:ONLY_NEWLINE: it is empty"],
    ["env:LONG", "env:LONG: it is over 65536 characters long"],
    ["file:/gone", "file:/gone: it could not be read (EACCES)"],
    ["gcp:projects/p/secrets/s#current", "gcp:projects/p/secrets/s#current: it could not be read (unknown)"],
    [
      "azure:https://v.vault.azure.net/secrets/s",
      "azure:https://v.vault.azure.net/secrets/s: no login to azure is configured here",
    ],
    ["hunter2", "a reference: it is not well formed (its text is not shown: it may be a secret)"],
  ])("%s is refused by name", async (reference, message) => {
    const error = await resolver.resolve(reference).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(UnresolvedReference);
    expect((error as Error).message).toBe(message);
    expect((error as Error).cause).toBeUndefined();
  });
});
