import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createScrubber } from "../../core/scrub.ts";
import { Secret } from "../../core/secret.ts";

const text = `Aa1+/=?&"!(~*\\ ü-S3cr3t`;
const base64 = (value: string) => Buffer.from(value).toString("base64");
const base64url = (value: string) => Buffer.from(value).toString("base64url");
const scrub = createScrubber([new Secret(text)]);

describe("a secret is taken out of a line", () => {
  const login = `robot$platform-pull-g7:${text}`;
  const config = JSON.stringify({ auths: { "harbor.example": { auth: base64(login) } } });
  const forms: Readonly<Record<string, string>> = {
    "as it is": text,
    "in JSON": JSON.stringify({ password: text }),
    "in JSON within JSON": JSON.stringify({ body: JSON.stringify({ password: text }) }),
    "URL-encoded": encodeURIComponent(text),
    "in a form": new URLSearchParams({ text }).toString().replace("text=", ""),
    "in base64": base64(text),
    "in base64url": base64url(text),
    "URL-encoded base64": encodeURIComponent(base64(text)),
    "as basic auth": base64(login),
    "as basic auth in base64url": base64url(login),
    "as a pull secret's data": base64(config),
  };
  test.for(Object.entries(forms))("%s", ([, form]) => {
    const scrubbed = scrub(`before: ${form} after`);
    expect(scrubbed).toContain("[redacted]");
    expect(scrubbed).not.toContain(form);
    expect(scrubbed).toMatch(/^before: .* after$/);
    expect(scrubbed).not.toContain("S3cr3t");
  });
});

test("every place is found, the rest stays as it is", () => {
  expect(scrub(`a ${text} b ${text} c`)).toBe("a [redacted] b [redacted] c");
  expect(scrub("nothing to see: robot$platform-pull")).toBe("nothing to see: robot$platform-pull");
});

test("of two secrets the longer one wins", () => {
  const both = createScrubber([new Secret("abcdef"), new Secret("abcdef-and-more")]);
  expect(both("x abcdef-and-more y abcdef z")).toBe("x [redacted] y [redacted] z");
});

test("short secrets are left alone", () => {
  expect(createScrubber([new Secret("12345")])("12345")).toBe("12345");
  expect(createScrubber([new Secret("123456")])("123456")).toBe("[redacted]");
  expect(createScrubber([])("text")).toBe("text");
});

test("half a surrogate pair breaks nothing", () => {
  expect(createScrubber([new Secret("pass\ud83dword")])("text")).toBe("text");
});

test("base64 is recognised whatever stands around the secret in it", () => {
  const around = fc.string({ maxLength: 20, unit: "binary" });
  fc.assert(
    fc.property(
      fc.string({ minLength: 6, maxLength: 40, unit: "grapheme" }),
      around,
      around,
      (value, before, after) => {
        const scrubber = createScrubber([new Secret(value)]);
        for (const encode of [base64, base64url]) {
          const whole = encode(before + value + after);
          const [left = "", right = "", ...more] = scrubber(whole).split("[redacted]");
          // What is left over was there before and after: at most the neighbours' own characters.
          expect(more.length + left.length + right.length).toBeLessThanOrEqual(encode(before + after).length + 2);
          expect(scrubber(whole)).toContain("[redacted]");
        }
      },
    ),
    { seed: 20_251, numRuns: 300 },
  );
});

test("a long line takes no time", () => {
  const line = "QUJD".repeat(250_000);
  const startedMs = performance.now();
  expect(scrub(line)).toBe(line);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});
