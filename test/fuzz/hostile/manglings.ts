import fc from "fast-check";
import { anyPlace, type JsonEdit, jsonEdits } from "./json-edits.ts";
import { hostileText, planted } from "./texts.ts";

/** What happens to an answer on its way. */
export type Mangling =
  /** Changes in the document itself: wrong types, missing and doubled fields, hostile texts. */
  | { readonly kind: "json"; readonly edits: readonly JsonEdit[] }
  /** Fewer bytes than the length announced, then the end. */
  | { readonly kind: "cut"; readonly share: number }
  /** A shorter document, in good order otherwise. */
  | { readonly kind: "truncated"; readonly share: number }
  /** A portal's page instead. */
  | { readonly kind: "page"; readonly status: number; readonly type: string }
  | { readonly kind: "status"; readonly status: number }
  /** Megabytes around the document (blanks), or in place of it. */
  | { readonly kind: "large"; readonly megabytes: number; readonly filler: " " | "x" }
  | { readonly kind: "encoding"; readonly name: "gzip" | "broken-gzip" | "utf-16" | "latin-1" | "bom" | "br" }
  /** Bytes that are no UTF-8, in the midst. */
  | { readonly kind: "bytes"; readonly share: number; readonly bytes: readonly number[] }
  | { readonly kind: "header"; readonly name: string; readonly value: string | null }
  | { readonly kind: "redirect"; readonly status: number }
  /** There is one more page, for ever. */
  | { readonly kind: "more" }
  /** Never a byte, or a beginning that never goes on. */
  | { readonly kind: "silence" }
  | { readonly kind: "stall"; readonly share: number }
  | { readonly kind: "no-http"; readonly bytes: readonly number[] };

const share = anyPlace;
const someBytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 40 });
const status = fc.constantFrom(
  200,
  201,
  204,
  206,
  299,
  304,
  400,
  401,
  403,
  404,
  405,
  409,
  410,
  412,
  413,
  422,
  429,
  500,
  503,
  599,
);
/** What drivers look at. */
const headerName = fc.constantFrom(
  "content-type",
  "date",
  "etag",
  "retry-after",
  "www-authenticate",
  "x-total-count",
  "x-amzn-requestid",
  "x-amzn-errortype",
  "x-ms-error-code",
  "location",
  "link",
  "__proto__",
);
const headerValue = fc.oneof(
  hostileText.map((text) => text.replaceAll(/[^\t\x20-\x7e]/g, "?").slice(0, 2_000)),
  fc.constantFrom(
    "1e308",
    "-5",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "text/html",
    `Bearer realm="http://127.0.0.1:1/${planted}",service="x"`,
    `Bearer realm="file:///etc/passwd",service="${planted}"`,
    `Bearer authorization="http://127.0.0.1:1/", resource="${planted}"`,
    `<http://127.0.0.1:1/${planted}>; rel="next"`,
  ),
);

export const manglings: fc.Arbitrary<Mangling> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ kind: fc.constant("json" as const), edits: jsonEdits }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cut" as const), share }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("truncated" as const), share }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("page" as const),
      status,
      type: fc.constantFrom("text/html", "text/html; charset=iso-8859-1", "application/json", ""),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("status" as const), status }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("large" as const),
      megabytes: fc.constantFrom(2, 10),
      filler: fc.constantFrom(" " as const, "x" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("encoding" as const),
      name: fc.constantFrom("gzip", "broken-gzip", "utf-16", "latin-1", "bom", "br"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("bytes" as const),
      share,
      bytes: fc.oneof(fc.constantFrom([0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0x80]), someBytes),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("header" as const), name: headerName, value: fc.option(headerValue) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("redirect" as const), status: fc.constantFrom(301, 302, 303, 307, 308) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "more" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "silence" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stall" as const), share }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("no-http" as const), bytes: someBytes }) },
);
