import { describe, expect, test } from "vitest";
import { type AutoStrategy, chooseStrategy, type SlotsSeen, slotsSeen } from "../../../core/engine/choose-strategy.ts";
import type { RightVerdict, RobotAction } from "../../../core/ports/issuer.ts";
import { robotDescription, slotName } from "../../../core/protocol/mark.ts";
import type { HomeLedger, Strategy } from "../../../core/protocol/state.ts";
import { credential, generation, ledgerId, ledgerWith, madeOf, nextOf, otherId } from "../protocol/ledgers.ts";

const actions: readonly RobotAction[] = ["create", "hand-out", "list", "read", "update", "delete"];

/** `without`: missing rights, the others are held. */
function autoWith(changes: Partial<Record<RobotAction, RightVerdict>>, more: Partial<AutoStrategy> = {}): AutoStrategy {
  const rights = actions.map((action) => {
    const verdict = changes[action] ?? "held";
    const why = verdict === "missing" ? { why: `no ${action}` } : {};
    return { right: `robot:${action} at system`, purpose: "", verdict, optional: false, action, ...why };
  });
  return { rights, problem: null, acceptFailedPulls: false, hasWaves: false, ...more };
}

const free: SlotsSeen = { a: "free", b: "free" };
const both: SlotsSeen = { a: "ours", b: "ours" };
const one: SlotsSeen = { a: "free", b: "ours" };
const taken: SlotsSeen = { a: "taken", b: "free" };
const missing = (...rights: readonly RobotAction[]) =>
  Object.fromEntries(rights.map((right) => [right, "missing" as const]));
const consent = { acceptFailedPulls: true };

describe("the safest that the rights allow", () => {
  test.for<readonly [string, AutoStrategy, SlotsSeen, Strategy | null]>([
    ["everything is held", autoWith({}), free, "generations"],
    ["everything is held, and consent given", autoWith({}, consent), both, "generations"],
    ["robots may not be refreshed", autoWith(missing("update")), free, "generations"],
    ["robots may not be deleted", autoWith(missing("delete")), free, "alternating"],
    ["nor deleted nor made, and both are there", autoWith(missing("delete", "create")), both, "alternating"],
    ["nor deleted nor made, and none is there", autoWith(missing("delete", "create"), consent), free, null],
    ["nor deleted nor made, and one is there", autoWith(missing("delete", "create")), one, null],
    ["the same, with consent", autoWith(missing("delete", "create"), consent), one, "in-place"],
    ["the same, with consent and waves", autoWith(missing("create"), { ...consent, hasWaves: true }), one, null],
    ["what is handed out is not held", autoWith(missing("hand-out")), free, null],
    ["the same, and both are there", autoWith(missing("hand-out")), both, "alternating"],
    ["robots may not be listed", autoWith(missing("list"), consent), both, null],
    ["robots may not be looked at", autoWith(missing("read"), consent), both, null],
    ["they may only be looked at", autoWith(missing("create", "update", "delete"), consent), both, null],
    ["a fixed name is somebody else's", autoWith(missing("delete"), consent), taken, null],
    [
      "the other one's name is, with consent",
      autoWith(missing("delete"), consent),
      { a: "taken", b: "ours" },
      "in-place",
    ],
    [
      "nobody may look at the rights",
      autoWith(Object.fromEntries(actions.map((a) => [a, "unknown"]))),
      free,
      "generations",
    ],
    ["some may be looked at", autoWith({ create: "unknown", delete: "missing" }), free, "alternating"],
  ])("%s", ([, auto, slots, expected]) => {
    expect(chooseStrategy(auto, null, slots).strategy).toBe(expected);
  });

  test("why it is not another one: each right by its name, each reason once", () => {
    const choice = chooseStrategy(autoWith(missing("delete", "create")), ledgerWith(), free);
    expect(choice).toMatchObject({ strategy: null, current: "generations", underWay: null });
    expect(choice.why).toBe(
      [
        "generations cannot be: the issuer lacks robot:create at system, robot:delete at system (no create; no delete)",
        "alternating cannot be: the issuer lacks robot:create at system (no create)",
        "in-place cannot be: pulls would fail, and acceptFailedPulls: true is not written; the issuer lacks robot:create at system (no create)",
      ].join(". "),
    );
    expect(choice.options.map(({ strategy, missing: lacks }) => [strategy, lacks])).toEqual([
      ["generations", ["robot:create at system", "robot:delete at system"]],
      ["alternating", ["robot:create at system"]],
      ["in-place", ["robot:create at system"]],
    ]);
  });

  test("what nobody may look at is said", () => {
    expect(chooseStrategy(autoWith({ create: "unknown" }), null, free).why).toBe(
      "nobody may look at robot:create at system: the first call will tell",
    );
    expect(chooseStrategy(autoWith({}), null, free).why).toBe("the issuer has every right that it needs");
  });
});

describe("without a look at the rights", () => {
  const dark = (current: Strategy | null): HomeLedger =>
    ledgerWith({ current: current && generation(2, { madeOf: { ...madeOf, strategy: current } }) });
  const unread: AutoStrategy = { rights: null, problem: "no answer", acceptFailedPulls: true, hasWaves: false };

  test.for<readonly [Strategy | null, Strategy | null]>([
    ["generations", "generations"],
    ["alternating", "alternating"],
    ["in-place", null],
    [null, null],
  ])("after %s: %s", ([current, expected]) => {
    const choice = chooseStrategy(unread, dark(current), both);
    expect(choice).toMatchObject({ strategy: expected, options: [] });
    expect(choice.why).toContain("could not be looked at (no answer)");
  });
});

describe("the attempt under way", () => {
  const alternating = { ...madeOf, strategy: "alternating" } as const;

  test("is told beside the choice for the next one", () => {
    const ledger = ledgerWith({ next: nextOf("staged", { madeOf: alternating }) });
    expect(chooseStrategy(autoWith({}), ledger, free)).toMatchObject({
      underWay: "alternating",
      strategy: "generations",
      current: "generations",
    });
  });

  test("a roll back is none: it makes nothing", () => {
    const ledger = ledgerWith({ next: nextOf("staged", { madeOf: alternating, rollBack: true }) });
    expect(chooseStrategy(autoWith({}), ledger, free).underWay).toBeNull();
  });
});

describe("robots of the fixed names", () => {
  const named = (slot: "a" | "b", id: string, of = credential) => ({
    username: `robot$${slotName(credential, slot)}`,
    description: robotDescription({ ledgerId: id, credential: of, generation: 1, attempt: "0001" }),
  });

  test("are ours by ledger id and credential, else somebody else's", () => {
    expect(slotsSeen(credential, ledgerId, [])).toEqual(free);
    expect(slotsSeen(credential, ledgerId, [named("a", ledgerId), named("b", otherId)])).toEqual({
      a: "ours",
      b: "taken",
    });
    expect(slotsSeen(credential, ledgerId, [named("b", ledgerId, "other")])).toEqual({ a: "free", b: "taken" });
    expect(slotsSeen(credential, undefined, [named("a", ledgerId)])).toEqual(taken);
  });

  test("speak against nothing where they could not be listed", () => {
    expect(slotsSeen(credential, ledgerId, null)).toEqual(both);
  });
});
