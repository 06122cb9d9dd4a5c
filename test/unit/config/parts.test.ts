import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../../core/config/duration.ts";
import { createJsonSchema, jsonSchemaFileName } from "../../../core/config/json-schema.ts";
import { areDisjoint, parseLabelSelector } from "../../../core/config/label-selector.ts";
import { suggest } from "../../../core/config/suggest.ts";

test("the JSON Schema that is checked in is fresh (node core/config/write-schema.ts)", () => {
  const file = new URL(`../../../core/config/${jsonSchemaFileName}`, import.meta.url);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(createJsonSchema())));
});

test("the JSON Schema is about what people write and knows no other keys", () => {
  expect(createJsonSchema()).toMatchObject({
    $schema: "http://json-schema.org/draft-07/schema#",
    additionalProperties: false,
    required: ["format", "installation", "registries", "sites", "credentials"],
  });
  expect(JSON.stringify(createJsonSchema())).not.toMatch(/"\w+Ms"/);
});

describe("durations", () => {
  test.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["15m", 900_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["0s", 0],
  ])("%s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(["", "5", "5 m", "-5m", "1.5h", "05m", "1h30m", "5M", "5m\n", "9999999999999s"])("%j is none", (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  test("written and read again it is the same", () => {
    fc.assert(fc.property(fc.nat(), (ms) => parseDuration(formatDuration(ms)) === ms));
  });
});

describe("label selectors", () => {
  test.each([
    ["", []],
    ["a=b", [{ key: "a", operator: "in", values: ["b"] }]],
    [
      "a==b, c!=d",
      [
        { key: "a", operator: "in", values: ["b"] },
        { key: "c", operator: "not-in", values: ["d"] },
      ],
    ],
    [
      "x.io/env in (test, prod),!old",
      [
        { key: "x.io/env", operator: "in", values: ["test", "prod"] },
        { key: "old", operator: "not-in", values: null },
      ],
    ],
    ["shared", [{ key: "shared", operator: "in", values: null }]],
    ["a=", [{ key: "a", operator: "in", values: [""] }]],
  ])("%s", (text, conditions) => expect(parseLabelSelector(text)).toEqual(conditions));

  test.each(["a=b,", "a in b", "a in (b", "=b", "a=b=c", "a b", "-a", "a/b/c", "a=b;c=d"])("%j is none", (text) => {
    expect(parseLabelSelector(text)).toBeNull();
  });

  // Selectors are compared with what they mean, over all small label sets.
  test("disjoint ones never match the same labels", () => {
    const condition = fc.record({
      key: fc.constantFrom("a", "b"),
      operator: fc.constantFrom("in" as const, "not-in" as const),
      values: fc.oneof(fc.constant(null), fc.subarray(["x", "y", "z"], { minLength: 1 })),
    });
    const selector = fc.array(condition, { maxLength: 3 });
    const label = fc.constantFrom(null, "x", "y", "z");
    const matches = (
      conditions: readonly { key: string; operator: string; values: readonly string[] | null }[],
      labels: Record<string, string | null>,
    ) =>
      conditions.every(({ key, operator, values }) => {
        const value = labels[key] ?? null;
        const holds = value !== null && (values === null || values.includes(value));
        return operator === "in" ? holds : !holds;
      });
    fc.assert(
      fc.property(selector, selector, fc.record({ a: label, b: label }), (one, other, labels) => {
        if (areDisjoint(one, other)) expect(matches(one, labels) && matches(other, labels)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  ["endpiont", "endpoint"],
  ["tokn", "token"],
  ["Registry", "registry"],
  ["zzz", null],
])("%s: did you mean %s?", (word, wanted) => {
  expect(suggest(word, ["endpoint", "token", "registry", "kind"])).toBe(wanted);
});
