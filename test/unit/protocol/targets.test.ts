import { describe, expect, test } from "vitest";
import type { TargetSeen } from "../../../core/protocol/site-effects.ts";
import {
  countForeign,
  countHigher,
  countRemoved,
  countServed,
  countUnread,
  countUnserved,
  emptyTally,
  mergeTallies,
} from "../../../core/protocol/site-tally.ts";
import { bearsOurMark, type Judgement, judgeTarget } from "../../../core/protocol/site-target.ts";
import { traceOf } from "./home-tick.ts";
import { ledgerId, otherId } from "./ledgers.ts";

const value = traceOf(2);
const wanted = { credential: "platform-pull", installation: "here", adopt: false, value };
const mark = (epoch: number, id = ledgerId) => ({ "epoch.capstan.dev/platform-pull": `${id}.${epoch}` });

const served: TargetSeen = {
  namespace: "team-1",
  name: "pull",
  uid: "u",
  resourceVersion: "1",
  type: "kubernetes.io/dockerconfigjson",
  immutable: false,
  installation: "here",
  marks: mark(2),
  otherOwners: [],
  malformed: null,
  username: value.username,
  hash: value.hash,
};

test.each<[string, Partial<TargetSeen>, Judgement["is"]]>([
  ["malformed", { malformed: "the entry x is malformed", hash: null, marks: {} }, "write"],
  ["malformed and somebody else's", { malformed: "x", installation: null }, "foreign"],
  ["malformed, of a higher epoch", { malformed: "x", hash: null, marks: mark(3) }, "higher"],
  ["well formed", {}, "served"],
])("with repair: %s", (_title, change, is) => {
  expect(judgeTarget({ ...served, ...change }, { ...wanted, repair: true }).is).toBe(is);
});

/** The table of `site-target.ts`, row by row. */
test.each<[string, Partial<TargetSeen> | null, boolean, Judgement["is"]]>([
  ["absent", null, false, "create"],
  ["ours, of this epoch and hash", {}, false, "served"],
  ["another installation's", { installation: "elsewhere" }, false, "foreign"],
  ["another installation's, adopted or not", { installation: "elsewhere" }, true, "foreign"],
  ["nobody's", { installation: null }, false, "foreign"],
  ["nobody's, adopted", { installation: null, marks: {} }, true, "write"],
  ["written by a GitOps tool, too", { otherOwners: ["argocd"] }, false, "foreign"],
  ["written by a GitOps tool, adopted", { otherOwners: ["argocd"], hash: "00" }, true, "write"],
  ["of another type", { type: "Opaque" }, true, "foreign"],
  ["immutable", { immutable: true }, true, "foreign"],
  ["marked by another ledger", { marks: mark(2, otherId) }, false, "foreign"],
  ["malformed, whatever its mark", { malformed: "the entry x is malformed" }, false, "unserved"],
  ["malformed and somebody else's", { malformed: "x", installation: null }, false, "foreign"],
  ["of a higher epoch", { marks: mark(3) }, false, "higher"],
  ["of a higher epoch with our very hash", { marks: mark(9), hash: value.hash }, false, "higher"],
  ["without a mark", { marks: {} }, false, "write"],
  ["with a mark that is none", { marks: { "epoch.capstan.dev/platform-pull": "2" } }, false, "write"],
  ["marked for another credential alone", { marks: { "epoch.capstan.dev/other": `${ledgerId}.2` } }, false, "write"],
  ["of a lower epoch", { marks: mark(1) }, false, "write"],
  ["of this epoch with another hash", { hash: "00" }, false, "write"],
  ["of this epoch without our entry", { hash: null, username: null }, false, "write"],
])("a target that is %s", (_what, changes, adopt, is) => {
  const seen = changes === null ? null : { ...served, ...changes };
  expect(judgeTarget(seen, { ...wanted, adopt }).is).toBe(is);
});

test.each<[string, Partial<TargetSeen>]>([
  ["it is immutable", { immutable: true }],
  ["its type is Opaque", { type: "Opaque" }],
  ["it belongs to installation elsewhere", { installation: "elsewhere" }],
  ["it is written by argocd, helm", { otherOwners: ["argocd", "helm"] }],
  ["it was not made by us (adopt: true takes it over)", { installation: null }],
  [`marked by ledger ${otherId}`, { marks: mark(2, otherId) }],
])("why a target is not ours is said: %s", (why, changes) => {
  expect(judgeTarget({ ...served, ...changes }, wanted)).toEqual({ is: "foreign", why });
});

test("our mark is ours whatever else is with the Secret", () => {
  expect(bearsOurMark({ ...served, installation: null, marks: mark(9) }, "platform-pull", ledgerId)).toBe(true);
  expect(bearsOurMark({ ...served, marks: mark(2, otherId) }, "platform-pull", ledgerId)).toBe(false);
  expect(bearsOurMark(served, "ci-push", ledgerId)).toBe(false);
});

describe("the tally of receipts", () => {
  const bad = (target: string) => ({ target, reason: "denied" as const, text: "no" });

  test("what was read and is not served is wanted; what was not read makes the look incomplete", () => {
    const tally = countUnserved(countServed(emptyTally, "a"), bad("x"), "b", true);
    expect(tally).toMatchObject({ served: 1, wanted: 2, complete: true, usernames: ["a", "b"] });
    expect(countUnread(tally, bad("c"))).toMatchObject({ served: 1, wanted: 3, complete: false });
  });

  test("a foreign target is not wanted, but its username counts", () => {
    const tally = countForeign(emptyTally, { target: "x", why: "theirs", username: "a" });
    expect(tally).toMatchObject({ wanted: 0, complete: true, usernames: ["a"] });
  });

  test("usernames are never cut and never doubled; the unserved are named up to fifty", () => {
    let tally = emptyTally;
    for (let n = 0; n < 120; n += 1) tally = countUnserved(tally, bad(`t${n}`), `user-${n % 90}`, true);
    expect(tally.usernames).toHaveLength(90);
    expect(tally.unserved).toHaveLength(50);
    expect(tally.wanted).toBe(120);
    const both = mergeTallies([tally, tally]);
    expect([both.usernames.length, both.unserved.length, both.wanted]).toEqual([90, 50, 240]);
  });

  test("foreign targets are named up to fifty, too", () => {
    const many = Array.from({ length: 52 }, (_, n) => ({ target: `t${n}`, why: "theirs", username: `user-${n}` }));
    const tally = many.reduce(countForeign, emptyTally);
    expect([tally.foreign.length, tally.usernames.length]).toEqual([50, 52]);
    expect(mergeTallies([tally, tally]).foreign).toHaveLength(50);
  });

  test("of two targets at the same epoch the first is named", () => {
    const both = countHigher(countHigher(emptyTally, bad("x"), 9, "first"), bad("y"), 9, "second");
    expect(both.higher).toEqual({ epoch: 9, username: "first" });
  });

  test("the highest epoch found is kept, with the name beside it, over clusters too", () => {
    const first = countHigher(countHigher(emptyTally, bad("x"), 9, "nine"), bad("y"), 7, "seven");
    expect(first.higher).toEqual({ epoch: 9, username: "nine" });
    expect(mergeTallies([emptyTally, countHigher(emptyTally, bad("z"), 4, "four"), first]).higher?.epoch).toBe(9);
  });

  test("one cluster's incomplete look makes the whole incomplete; nothing at all is complete", () => {
    expect(mergeTallies([countServed(emptyTally, "a"), countUnread(emptyTally, bad("c"))]).complete).toBe(false);
    expect(mergeTallies([])).toEqual(emptyTally);
  });

  test("a cluster that was taken out of the configuration is unread, not forgotten", () => {
    const plans = [{ cluster: "prod-1" }, { cluster: "prod-3" }];
    expect(countRemoved(["prod-1", "prod-2"], plans)).toMatchObject({
      complete: false,
      wanted: 1,
      unserved: [{ target: "prod-2", reason: "not-configured" }],
    });
    expect(countRemoved(["prod-1"], plans)).toEqual(emptyTally);
  });
});
