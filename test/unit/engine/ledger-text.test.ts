import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatLedger, LedgerTextError, parseHomeLedger, parseSiteLedger } from "../../../core/engine/ledger-text.ts";
import { instant, ledgerWith, madeOf, nextOf, record, roundId, siteLedgerWith, t0 } from "../protocol/ledgers.ts";

const full = ledgerWith({
  next: nextOf("proven"),
  replaced: [record(1, { state: "draining" })],
  abandoned: [{ generation: 3, attempt: "dead", atMs: t0 }],
  round: { id: roundId, drawnAtMs: t0, generations: [1] },
  refusals: { count: 1, firstMs: t0, lastMs: t0 },
  lease: { owner: "runner-1", untilMs: t0 },
});
const site = siteLedgerWith("aws", {
  unserved: [{ target: "c", reason: "denied", text: "403" }],
  higher: { epoch: 9, username: null },
});

const kinds = [
  ["home", full, parseHomeLedger],
  ["site", site, parseSiteLedger],
] as const;

describe.each(kinds)("the %s's ledger", (kind, ledger, parse) => {
  test("comes back as it was written", () => {
    expect(parse(formatLedger(ledger))).toEqual(ledger);
  });

  test("without a fixed robot keeps the first format, which older versions read", () => {
    expect(JSON.parse(formatLedger(ledger)).format).toBe(1);
  });

  test("of a newer format is refused with the version to install, whatever is in it", () => {
    for (const text of [JSON.stringify({ ...ledger, format: 3 }), '{"format":3,"all":"new"}']) {
      expect(() => parse(text)).toThrow(LedgerTextError);
      expect(() => parse(text)).toThrow(
        `of format 3, this version knows ${kind === "home" ? 2 : 1}: install capstan 3.x or newer; nothing is written`,
      );
    }
  });

  test.each(Object.keys(ledger))("without %s is refused, the field named", (field) => {
    const { [field]: _gone, ...rest } = ledger as unknown as Record<string, unknown>;
    expect(() => parse(JSON.stringify(rest))).toThrow(new RegExp(`no valid ${field}`));
  });

  test("what a later version of this format adds does not stop it", () => {
    expect(parse(JSON.stringify({ ...ledger, added: { later: true } }))).toEqual(ledger);
  });

  test("an error names the field and shows nothing of its content", () => {
    const canary = "Canary-1-ledger";
    for (const field of Object.keys(ledger)) {
      const broken = { ...ledger, [field]: { [canary]: canary } };
      try {
        parse(JSON.stringify(broken));
        throw new Error(`${field} was accepted`);
      } catch (error) {
        expect(error).toBeInstanceOf(LedgerTextError);
        expect(String(error)).not.toContain(canary);
      }
    }
  });

  test("arbitrary text gives a ledger or a LedgerTextError, nothing else", () => {
    const fields = fc.dictionary(fc.constantFrom(...Object.keys(ledger)), fc.jsonValue(), { maxKeys: 3 });
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fields.map((changes) => JSON.stringify({ ...ledger, ...changes })),
      fc.integer({ min: 0, max: 400 }).map((length) => formatLedger(ledger).slice(0, length)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const read = parse(text);
          expect(parse(formatLedger(read))).toEqual(read);
        } catch (error) {
          if (!(error instanceof LedgerTextError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

test("a ledger of fixed robots is of a format that older versions leave alone, and comes back as it was", () => {
  const fixed = { ...madeOf, strategy: "alternating" as const };
  const at = instant(t0);
  const ledgers = [
    ledgerWith({ next: nextOf("proven", { madeOf: fixed, refreshedAt: at }) }),
    ledgerWith({ replaced: [record(1, { state: "retiring", madeOf: fixed, thrownAwayAt: at })] }),
  ];
  for (const ledger of ledgers) {
    const text = formatLedger(ledger);
    expect(JSON.parse(text).format).toBe(2);
    expect(parseHomeLedger(text)).toEqual(ledger);
  }
});
