import { z } from "zod";
import type { LedgerRecord } from "../ports/ledger-store.ts";
import { isFixed } from "../protocol/fixed.ts";
import { remembered } from "../protocol/remembered.ts";
import { type SiteLedger, siteLedgerFormat } from "../protocol/site-state.ts";
import { type HomeLedger, ledgerFormat } from "../protocol/state.ts";

/** A ledger's text is not one that this version can act on. */
export class LedgerTextError extends Error {
  override readonly name = "LedgerTextError";
}

/** Written where a generation lives by a fixed robot: a version that does not know them would delete it. */
const fixedFormat = 2;

/** Leaves room to count on from there (a rebuild adds 1000), and 15 digits are what stores' own labels take. */
const count = z.number().int().nonnegative().max(999_999_999_999_999);
/** What a `Date` can name: times are told to people. */
const ms = z.number().min(-8.64e15).max(8.64e15);
const hex = z.string().regex(/^[0-9a-f]+$/);
const instant = z.object({ localMs: ms, registryMs: ms.nullable(), ledgerMs: ms.nullable() });
const madeOf = z.object({
  registry: z.string(),
  strategy: z.enum(["generations", "alternating", "in-place"]),
  level: z.enum(["system", "project"]),
  durationDays: z.number().int().min(-1).max(36_500),
  rights: z.string(),
});
const robot = z.object({ id: count, username: z.string(), createdAtMs: ms, expiresAtMs: ms.nullable() });
const generation = z.object({
  generation: count,
  attempt: hex,
  epoch: count,
  robot,
  versionIds: z.array(z.string()),
  hash: z.string().regex(/^[0-9a-f]*$/),
  madeOf,
  promotedAtMs: ms,
  revoked: z.boolean(),
  endNow: z.boolean(),
});
const nextBase = {
  generation: count,
  attempt: hex,
  startedAtMs: ms,
  reason: z.enum([
    "first",
    "rebuilt",
    "schedule",
    "expiry",
    "manual",
    "refused",
    "value-lost",
    "revoked",
    "changed",
    "roll-back",
  ]),
  madeOf,
  rollBack: z.boolean(),
};
const next = z.union([
  z.object({ ...nextBase, state: z.literal("minting") }),
  z.object({
    ...nextBase,
    state: z.enum(["staged", "proven"]),
    epoch: count,
    robot,
    versionId: z.string(),
    hash: hex,
    refreshedAt: instant.optional(),
    windowFrom: instant.optional(),
  }),
]);
const replaced = generation.extend({
  state: z.enum(["held", "draining", "retiring"]),
  replacedAtMs: ms,
  drainFrom: instant.nullable(),
  thrownAwayAt: instant.optional(),
  windowFrom: instant.optional(),
});

const homeLedger: z.ZodType<HomeLedger> = z.object({
  format: z.union([z.literal(ledgerFormat), z.literal(fixedFormat)]).transform((): typeof ledgerFormat => ledgerFormat),
  ledgerId: hex.length(32),
  credential: z.string(),
  epoch: count,
  generationMax: count,
  promotedMax: count,
  current: generation.nullable(),
  next: next.nullable(),
  replaced: z.array(replaced),
  sites: z.array(z.string()),
  abandoned: z.array(z.object({ generation: count, attempt: hex, atMs: ms })),
  round: z.object({ id: hex, drawnAtMs: ms, generations: z.array(count) }).nullable(),
  askedSinceMs: ms.nullable(),
  rebuiltAtMs: ms.nullable(),
  takenEvents: z.array(z.string()),
  holdSinceMs: ms.nullable(),
  refusals: z.object({ count, firstMs: ms, lastMs: ms }).nullable(),
  emergencies: z.object({ count, lastMs: ms }),
  windowMs: ms.optional(),
  lease: z.object({ owner: z.string(), untilMs: ms }).nullable(),
});

const unserved = z.object({
  target: z.string(),
  reason: z.enum([
    "unreachable",
    "denied",
    "throttled",
    "malformed",
    "not-synced",
    "conflict",
    "busy",
    "refused-here",
    "higher-epoch",
    "not-reached",
    "not-configured",
    "invalid",
  ]),
  text: z.string(),
});
const pace = z.object({ bestMs: ms.nonnegative(), lastMs: ms.nonnegative() });
const report = z.object({
  round: z.string().nullable(),
  ledgerId: hex.length(32),
  epoch: count,
  generation: count,
  served: count,
  wanted: count,
  complete: z.boolean(),
  usernames: z.array(z.string()),
  unserved: z.array(unserved),
  foreign: z.array(
    z.object({ target: z.string(), why: z.string(), username: z.string().nullable(), untilMs: ms.optional() }),
  ),
  higher: z.object({ epoch: count, username: z.string().nullable() }).nullable(),
  wave: z
    .object({
      percent: count,
      failed: count,
      left: count,
      held: count,
      paces: z.record(z.string(), pace).optional(),
    })
    .optional(),
  atMs: ms,
});
const siteLedger: z.ZodType<SiteLedger> = z.object({
  format: z.literal(siteLedgerFormat),
  credential: z.string(),
  site: z.string(),
  ledgerId: hex.length(32).nullable(),
  epoch: count,
  epochSinceMs: ms,
  clusters: z.array(z.string()),
  report: report.nullable(),
  takenBack: z.array(z.object({ target: z.string(), by: z.string(), times: count, atMs: ms })).optional(),
});

const formatOnly = z.object({ format: z.number() });

function parse<T>(what: string, text: string, format: number, schema: z.ZodType<T>): T {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new LedgerTextError(`${what} is not JSON: restore it from a backup, or from the store's history`);
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const found = formatOnly.safeParse(data);
  if (found.success && found.data.format > format) {
    throw new LedgerTextError(
      `${what} is of format ${found.data.format}, this version knows ${format}: install capstan ${found.data.format}.x or newer; nothing is written`,
    );
  }
  const [issue] = parsed.error.issues;
  throw new LedgerTextError(`${what} has no valid ${issue?.path.join(".") || "content"}: restore it from a backup`);
}

/** Throws LedgerTextError, which names the field and never shows a value. */
export function parseHomeLedger(text: string): HomeLedger {
  return parse("the home's ledger", text, fixedFormat, homeLedger);
}

export function parseSiteLedger(text: string): SiteLedger {
  return parse("the site's ledger", text, siteLedgerFormat, siteLedger);
}

/** As `parseHomeLedger`; a record is parsed once. */
export const homeLedgerOf: (record: LedgerRecord) => HomeLedger = remembered(({ text }) => parseHomeLedger(text));

export const siteLedgerOf: (record: LedgerRecord) => SiteLedger = remembered(({ text }) => parseSiteLedger(text));

export function formatLedger(ledger: HomeLedger | SiteLedger): string {
  const isFixedHome = "current" in ledger && hasFixed(ledger);
  return JSON.stringify(isFixedHome ? { ...ledger, format: fixedFormat } : ledger);
}

function hasFixed({ current, next, replaced }: HomeLedger): boolean {
  return [current, next, ...replaced].some((one) => one !== null && isFixed(one.madeOf));
}
