import { describe, expect, test } from "vitest";
import type { HomeLedger, MadeOf, Replaced } from "../../../core/protocol/state.ts";
import { idleLedger, living, madeOf, old, play, robotOf, seen, trace, usernameIn } from "./fixed-robots.ts";
import { type Answers, fails } from "./home-tick.ts";
import { attemptOf, instant, ledgerWith, madeOf as madeOfGenerations, otherId, t0 } from "./ledgers.ts";

type Store = ReturnType<NonNullable<Answers["read-store"]>>;

/** The ledger as rebuilt; azure's store, at epoch 7, shows that it is behind. Home's store is as told. */
function rebuilt(ledger: HomeLedger, home: Store, answers: Answers = {}, made: MadeOf = madeOf): readonly Replaced[] {
  const azure = { versionId: "x", trace: { ...trace(2), epoch: 7 } };
  const { asked } = play({
    ledger,
    settings: { madeOf: made },
    answers: { "read-store": ({ site }) => (site === "azure" ? azure : home), ...answers },
  });
  const save = asked.find((effect) => effect.type === "save" && effect.why === "rebuilt");
  if (save?.type !== "save") throw new Error("this ledger was not rebuilt");
  return save.ledger.replaced;
}

const empty: Store = { versionId: null, trace: null };
const nothing = { versionIds: [], hash: "" };

describe("a rebuild that finds fixed robots", () => {
  test("goes on believing the ledger where the robot bears the generation that it knew", () => {
    expect(rebuilt(idleLedger({ replaced: [old(1)] }), empty)).toMatchObject([
      { generation: 1, versionIds: ["v1"], hash: "ff1", robot: robotOf(1), madeOf },
      { generation: 2, versionIds: ["v2"], hash: "ff2", robot: robotOf(2), madeOf },
    ]);
  });

  test("holds a robot that was refreshed since as what it is now, without a value", () => {
    const answers: Answers = { "list-robots": () => ({ robots: [seen(1, 3), seen(2, 2)] }) };
    const [found] = rebuilt(idleLedger({ replaced: [old(1)] }), empty, answers);
    expect(found).toEqual({
      ...nothing,
      generation: 3,
      attempt: "dada",
      epoch: 7,
      robot: robotOf(1),
      madeOf,
      promotedAtMs: t0,
      revoked: false,
      endNow: false,
      state: "held",
      replacedAtMs: t0,
      drainFrom: null,
      thrownAwayAt: undefined,
    });
  });

  const ofA = { ...trace(3), username: usernameIn("a") };
  test.each<[string, Store, Partial<Replaced>]>([
    ["home's store holds its value", { versionId: "v7", trace: ofA }, { versionIds: ["v7"], hash: "5e" }],
    ["home's store holds the other's", { versionId: "v7", trace: { ...ofA, username: usernameIn("b") } }, nothing],
    ["home's store is another ledger's", { versionId: "v7", trace: { ...ofA, ledgerId: otherId } }, nothing],
    ["somebody else's value stands there", { versionId: "v7", trace: null }, nothing],
    ["there is none", empty, nothing],
    ["home's store cannot be read", fails(), nothing],
  ])("of a robot that the ledger does not know as such, where %s", (_what, home, value) => {
    const answers: Answers = { "list-robots": () => ({ robots: [seen(1, 3), seen(2, 2)] }) };
    expect(rebuilt(idleLedger(), home, answers)[0]).toMatchObject({ generation: 3, ...value });
  });

  const inPlace = { ...madeOf, strategy: "in-place" } as const;
  test("in place, a robot that is in use is not taken for the one that it was before its refresh", () => {
    const ledger = ledgerWith({
      current: living(2, { madeOf: inPlace }),
      replaced: [{ ...old(2, { madeOf: inPlace, thrownAwayAt: instant(t0 - 1) }), generation: 1, epoch: 1 }],
    });
    const answers: Answers = { "list-robots": () => ({ robots: [seen(2, 2)] }) };
    expect(rebuilt(ledger, empty, answers, inPlace)).toMatchObject([
      { generation: 2, attempt: attemptOf(2), versionIds: ["v2"], hash: "ff2", thrownAwayAt: undefined },
    ]);
  });

  test.each([
    [inPlace, "in-place"],
    [madeOf, "alternating"],
    [madeOfGenerations, "alternating"],
  ] as const)("keeps its kind: with $strategy in the file a robot that is not known is %s", (made, strategy) => {
    const answers: Answers = { "list-robots": () => ({ robots: [seen(1, 3)] }) };
    expect(rebuilt(idleLedger(), empty, answers, made)).toMatchObject([{ generation: 3, madeOf: { strategy } }]);
  });
});
