import { describe, expect, test } from "vitest";
import type { HomeReplies } from "../../../core/protocol/effects.ts";
import type { HomeLedger } from "../../../core/protocol/state.ts";
import { type Answers, fails, playHome, traceOf } from "./home-tick.ts";
import {
  dayMs,
  generation,
  hourMs,
  ledgerWith,
  mintingNext,
  minuteMs,
  otherId,
  record,
  siteLedgerWith,
  t0,
} from "./ledgers.ts";

type Seen = HomeReplies["read-store"];
const seen = (n: number, changes: Parameters<typeof traceOf>[1] = {}): Seen => ({
  versionId: `x${n}`,
  trace: traceOf(n, changes),
});
const stores =
  (aws: Seen, azure: Seen): NonNullable<Answers["read-store"]> =>
  ({ site }) =>
    site === "aws" ? aws : azure;
const foreignText: Seen = { versionId: "y", trace: null };

describe("flips", () => {
  const fresh = ledgerWith({ current: generation(2, { promotedAtMs: t0 - minuteMs }) });

  test("the canaries' site first, the others when its targets are served", () => {
    const behind: Answers = { "read-store": stores(seen(1), seen(1)) };
    const awsReports = (epoch: number): Answers => ({
      ...behind,
      "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { epoch }) }),
    });
    expect(playHome({ ledger: fresh, answers: awsReports(1) }).changed).toEqual(["flip aws"]);
    expect(playHome({ ledger: fresh, answers: awsReports(2) }).changed).toEqual(["flip aws", "flip azure"]);
    const waited = { ...fresh, current: generation(2, { promotedAtMs: t0 - hourMs }) };
    expect(playHome({ ledger: waited, answers: awsReports(1) }).changed).toEqual(["flip aws", "flip azure"]);
  });

  test("a flip replaces the version just read, with the value of the version id in the ledger", () => {
    const { asked } = playHome({ ledger: fresh, answers: { "read-store": stores(seen(1), seen(2)) } });
    expect(asked.filter((effect) => effect.type === "flip")).toEqual([
      { type: "flip", site: "aws", versionId: "v2", epoch: 2, replaces: "x1" },
    ]);
  });

  test.each<[string, Seen, string[], string | null]>([
    ["empty", { versionId: null, trace: null }, ["flip azure"], null],
    ["of a lower epoch", seen(1), ["flip azure"], null],
    ["ours of this epoch", seen(2), [], null],
    ["of this epoch with another hash: an outside write", seen(2, { hash: "00" }), ["flip azure"], "outside-write"],
    ["without a mark where ours was: an outside write", foreignText, ["flip azure"], "outside-write"],
    ["of another ledger: never", seen(9, { ledgerId: otherId }), [], "store-foreign"],
  ])("a store that is %s", (_what, azure, changed, code) => {
    const played = playHome({ ledger: ledgerWith(), answers: { "read-store": stores(seen(2), azure) } });
    expect(played.changed).toEqual(changed);
    if (code === null) expect(played.codes).toEqual([]);
    else expect(played.codes).toContain(code);
  });

  test.each<[string, Seen, string, boolean]>([
    [
      "store-foreign",
      seen(9, { ledgerId: otherId }),
      `the store of azure holds a value of ledger ${otherId}, which is not ours: left alone`,
      true,
    ],
    ["outside-write", foreignText, "somebody else wrote the value in the store of azure: replaced", false],
    ["outside-write", seen(2, { hash: "00" }), "somebody else wrote the value in the store of azure: replaced", false],
  ])("%s is told an operator", (code, azure, text, blocks) => {
    const { outcome } = playHome({ ledger: ledgerWith(), answers: { "read-store": stores(seen(2), azure) } });
    expect(outcome.problems).toContainEqual({ code, text, blocks });
  });

  test("a lower epoch, another hash of a lower epoch, or nothing at all is no outside write", () => {
    for (const azure of [seen(1), seen(1, { hash: "00" }), { versionId: null, trace: null }]) {
      expect(playHome({ ledger: ledgerWith(), answers: { "read-store": stores(seen(2), azure) } }).codes).toEqual([]);
    }
  });

  test("a report of another ledger serves nobody: the others wait for the canaries", () => {
    const answers: Answers = {
      "read-store": stores(seen(1), seen(1)),
      "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { ledgerId: otherId }) }),
    };
    expect(playHome({ ledger: fresh, answers }).changed).toEqual(["flip aws"]);
  });

  test.each<[string, Answers]>([
    ["cannot be read back now", { "read-version": () => fails() }],
    ["is lost", { "read-version": () => fails("not-found"), whoami: () => fails() }],
    ["is another than the one that was staged", { "read-version": () => ({ trace: null }), whoami: () => fails() }],
  ])("a current value that %s is handed on to nobody", (_what, answers) => {
    const behind: Answers = { "read-store": stores(seen(1), seen(1)), ...answers };
    expect(playHome({ ledger: fresh, answers: behind }).changed).toEqual([]);
  });

  test("without a current generation no store is written", () => {
    const ledger = ledgerWith({ current: null, epoch: 9, rebuiltAtMs: t0 });
    expect(playHome({ ledger, answers: { whoami: () => fails() } }).changed).toEqual([]);
  });

  test("canaries are waited for so long since the promotion, not a moment longer", () => {
    const promoted = (agoMs: number) => ledgerWith({ current: generation(2, { promotedAtMs: t0 - agoMs }) });
    const answers: Answers = {
      "read-store": stores(seen(1), seen(1)),
      "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { epoch: 1 }) }),
    };
    expect(playHome({ ledger: promoted(hourMs - 1), answers }).changed).toEqual(["flip aws"]);
    expect(playHome({ ledger: promoted(hourMs), answers }).changed).toEqual(["flip aws", "flip azure"]);
  });

  test("a name that was somebody's before us is never written", () => {
    const played = playHome({
      ledger: ledgerWith(),
      answers: {
        "read-store": stores(seen(2), foreignText),
        "load-site": ({ site }) => ({ ledger: site === "aws" ? siteLedgerWith(site) : null }),
      },
    });
    expect(played.changed).toEqual([]);
    expect(played.outcome.problems).toEqual([
      {
        code: "store-occupied",
        text: "the store of azure already holds a value of this name that is not ours: remove it or choose another storeName",
        blocks: true,
      },
    ]);
  });

  test("a dark replica keeps its value and holds nothing but itself", () => {
    const dark: Answers = { "read-store": ({ site }) => (site === "azure" ? fails() : seen(1)) };
    expect(playHome({ ledger: fresh, answers: dark }).changed).toEqual(["flip aws"]);
  });
});

describe("roll back", () => {
  const act = (generation: number | null) => ({ act: { type: "roll-back", generation } as const });
  const drains = ledgerWith({ replaced: [record(1, { state: "draining" })] });

  test("the old generation is proved first, then promoted under the next epoch; schedules wait", () => {
    const { ledger, changed, asked } = playHome({ ledger: drains, settings: act(null) });
    expect(ledger).toMatchObject({ epoch: 3, current: { generation: 1, epoch: 3 }, holdSinceMs: t0 });
    expect(ledger.replaced.map((one) => one.generation)).toEqual([2]);
    expect(changed).toEqual(["stage", "flip aws"]);
    expect(asked.findIndex((e) => e.type === "prove" && e.versionId === "v1")).toBeLessThan(
      asked.findIndex((e) => e.type === "stage"),
    );
    expect(asked.find((e) => e.type === "stage")).toMatchObject({ fromVersionId: "v1", generation: 1, epoch: 3 });
  });

  test("a next that nobody was handed makes way and is swept", () => {
    const after = playHome({ ledger: { ...drains, next: mintingNext({ attempt: "feed" }) }, settings: act(1) });
    expect(after.ledger.abandoned).toEqual([{ generation: 3, attempt: "feed", atMs: t0 }]);
    expect(after.ledger.current?.generation).toBe(1);
  });

  test.each<[string, HomeLedger, number | null]>([
    ["no older generation", ledgerWith(), null],
    ["not among the replaced", drains, 7],
    ["was revoked", ledgerWith({ replaced: [record(1, { revoked: true })] }), 1],
    ["no older generation", ledgerWith({ replaced: [record(1, { revoked: true })] }), null],
    ["is retiring already", ledgerWith({ replaced: [record(1, { state: "retiring" })] }), 1],
    [
      "too near its expiry",
      ledgerWith({ replaced: [record(1, { robot: { ...generation(1).robot, expiresAtMs: t0 + 2 * hourMs } })] }),
      1,
    ],
  ])("refused: %s", (text, ledger, n) => {
    const played = playHome({ ledger, settings: act(n) });
    const { problems } = played.outcome;
    expect(problems.find((one) => one.code === "act-refused")?.text).toContain(text);
    expect(played.ledger.epoch).toBe(2);
    expect(played.state.actDone).toBe(true);
  });

  test.each<[string, Answers]>([
    [
      "the registry refuses it",
      { prove: ({ versionId }) => ({ verdict: versionId === "v1" ? "refused" : "accepted" }) },
    ],
    [
      "its value is gone",
      { "read-version": ({ versionId }) => (versionId === "v1" ? fails("not-found") : { trace: traceOf(2) }) },
    ],
  ])("given up when %s; it stays what it was", (_what, answers) => {
    const played = playHome({ ledger: drains, settings: act(1), answers });
    expect(played.codes).toContain("roll-back-refused");
    expect(played.ledger).toMatchObject({ epoch: 2, next: null, abandoned: [], replaced: [{ generation: 1 }] });
  });
});

describe("revoke", () => {
  const act = (n: number, now = false) => ({ act: { type: "revoke", generation: n, now } as const });

  test("of next: it is abandoned", () => {
    const ledger = ledgerWith({ next: mintingNext({ attempt: "feed" }) });
    const after = playHome({ ledger, settings: act(3) }).ledger;
    expect(after).toMatchObject({ next: null, abandoned: [{ attempt: "feed" }], epoch: 2 });
  });

  test("of current: the next one is minted at once, whatever drains; then it is a replaced one, revoked", () => {
    const ledger = ledgerWith({ replaced: [record(1)], holdSinceMs: t0 - dayMs });
    const played = playHome({ ledger, settings: act(2) });
    expect(played.saves).toContain("generation 3 begun (revoked)");
    expect(played.ledger).toMatchObject({
      current: { generation: 3 },
      replaced: [{ generation: 1 }, { generation: 2, revoked: true, endNow: false }],
    });
  });

  test("of a replaced one: its drain ends when its targets are served", () => {
    const ledger = ledgerWith({ replaced: [record(1, { state: "held" })] });
    const played = playHome({ ledger, settings: act(1) });
    expect(played.ledger).toMatchObject({
      replaced: [{ revoked: true, state: "draining" }],
      round: { generations: [1] },
    });
  });

  test("--now: at once, whatever still holds it", () => {
    const ledger = ledgerWith({ replaced: [record(1)] });
    const unserved: Answers = { "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { served: 0 }) }) };
    expect(playHome({ ledger, settings: act(1), answers: unserved }).changed).toEqual([]);
    const now = playHome({ ledger, settings: act(1, true), answers: unserved });
    expect(now.changed).toEqual(["remove-robot 1"]);
    expect(now.ledger.replaced).toEqual([]);
  });

  test("--now of current waits for the one that takes its place", () => {
    const played = playHome({ ledger: ledgerWith(), settings: act(2, true), answers: { mint: () => fails() } });
    expect(played.changed).toEqual(["mint"]);
    expect(played.ledger).toMatchObject({ current: { generation: 2, revoked: true, endNow: true } });
  });

  test("of what a roll back goes to: the roll back has lost its goal", () => {
    const ledger = ledgerWith({
      replaced: [record(1, { state: "draining" })],
      next: mintingNext({ generation: 1, reason: "roll-back", rollBack: true }),
    });
    expect(playHome({ ledger, settings: act(1) }).ledger).toMatchObject({ next: null, current: { generation: 2 } });
  });

  test("of nobody: refused", () => {
    expect(playHome({ ledger: ledgerWith(), settings: act(9) }).codes).toContain("act-refused");
  });
});

describe("an event", () => {
  const act = { type: "rotate", dedupeId: "event-1" } as const;

  test("that is delivered twice is taken once, in whichever runner", () => {
    const { ledger } = playHome({ ledger: ledgerWith(), settings: { act } });
    expect(ledger).toMatchObject({ epoch: 3, takenEvents: ["event-1"], askedSinceMs: null });
    const again = playHome({ ledger: ledgerWith({ takenEvents: ["event-1"] }), settings: { act, owner: "runner-2" } });
    expect(again.ledger.epoch).toBe(2);
    expect(again.state.actDone).toBe(true);
  });

  test("whose attempt failed is still wished for", () => {
    const { ledger } = playHome({ ledger: ledgerWith(), settings: { act }, answers: { mint: () => fails() } });
    expect(ledger).toMatchObject({ epoch: 2, askedSinceMs: t0, takenEvents: ["event-1"] });
  });
});
