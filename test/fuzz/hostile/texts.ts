import fc from "fast-check";
import { Secret } from "../../../core/secret.ts";
import type { Canary } from "../../scenarios/leaks.ts";

/** Stands in all that a hostile server says; must come out nowhere. No configuration key looks like it. */
export const planted = "cAnArY~7f3e5b~planted";
export const plantedCanary: Canary = { name: "planted text", secret: new Secret(planted) };

const names = [
  `${planted}\r\nx-evil: 1`,
  `\u0000\u001b[2J${planted}`,
  `\u2028${planted}\u202e`,
  "../../../../etc/passwd",
  "..",
  "a/../../b?x=1#y",
  "%2e%2e%2f",
  "__proto__",
  "constructor",
  "toString",
  "\ud800",
  "",
  " ",
];
const numbers = ["-1", "0", "1e999", "NaN", "9007199254740993", "99999999999999999999", "0x10", "1.5", "٣"];
const times = [
  "275760-09-13T00:00:00.001Z",
  "-271821-04-19T23:59:59.999Z",
  "0000-00-00T00:00:00Z",
  "never",
  "tomorrow",
];

/** Texts that somebody would put where a name, a number, a time or a value belongs. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(planted, ...names, ...numbers, ...times) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 30 }).map((text) => text + planted) },
  { weight: 1, arbitrary: fc.constantFrom("x".repeat(300), `${planted} `.repeat(4_000)) },
);

const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

/** JSON as text, so that it can say what `JSON.stringify` cannot: doubled keys, numbers beyond 2^53. */
export const hostileJson: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom("null", "true", "[]", "{}", '""') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "0",
      "-1",
      "1.5",
      "1e400",
      "-1e308",
      "9007199254740993",
      "9e15",
      "8640000000000001",
      "1e15",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '{"__proto__":{"admin":true}}',
      '{"constructor":null,"toString":null,"length":5}',
      `{"a":1,"a":"${planted}"}`,
      `[null,"${planted}",{"then":"x"}]`,
      deep(3_000),
    ),
  },
  { weight: 3, arbitrary: hostileText.map((text) => JSON.stringify(text)) },
);
