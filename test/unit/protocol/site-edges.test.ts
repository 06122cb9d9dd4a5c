import { describe, expect, test } from "vitest";
import { traceOf } from "./home-tick.ts";
import { siteLedgerWith, t0, usernameOf } from "./ledgers.ts";
import { failing, plan, playSite, type SiteScene, target } from "./site-tick.ts";

const two = (a: SiteScene["clusters"][string], b: SiteScene["clusters"][string]) => ({ "prod-1": a, "prod-2": b });

test("where no mark fences a write, the site's ledger is read again right before it; a marked one needs no such look", () => {
  const steps = (seen: ReturnType<typeof target>) =>
    playSite({ clusters: { "prod-1": { a: seen } } }).order.filter((id) => /^(reload|apply)/.test(id));
  expect(steps(target("a", 1))).toEqual(["apply-target:prod-1/a/pull"]);
  expect(steps(target("a", 1, { marks: {} }))).toEqual(["reload-ledger:prod-1/a/pull", "apply-target:prod-1/a/pull"]);
  expect(steps(target("a", 0))).toEqual(["reload-ledger:prod-1/a/pull", "apply-target:prod-1/a/pull"]);
});

test("a cluster whose listings fail one after another is counted once", () => {
  const first = plan("prod-1").targets[0];
  if (first === undefined) throw new Error("a plan without a target");
  const plans = [{ ...plan("prod-1"), targets: [first, { ...first, secret: "other" }] }];
  const { outcome } = playSite({
    clusters: { "prod-1": {} },
    plans,
    answers: { "list-namespaces": () => failing("unreachable") },
  });
  expect(outcome.report).toMatchObject({ wanted: 1, complete: false });
  expect(outcome.report?.unserved).toEqual([{ target: "prod-1", reason: "unreachable", text: "scripted" }]);
});

describe("a report", () => {
  test("names every username once, in order, whichever cluster told it first", () => {
    const { outcome } = playSite({
      clusters: two({ a: target("a", 3) }, { a: target("a", 1), b: target("b", 1) }),
      answers: { "apply-target": () => failing("denied") },
    });
    expect(outcome.report?.usernames).toEqual([usernameOf(1), usernameOf(3)]);
  });

  test("of two targets at the same higher epoch names the first", () => {
    const ahead = (username: string) => target("a", 5, { username });
    const { outcome } = playSite({ clusters: two({ a: ahead("robot$b") }, { a: ahead("robot$a") }) });
    expect(outcome.report?.higher).toEqual({ epoch: 5, username: "robot$b" });
  });

  test("tells of a cluster that left the configuration why it is still looked for", () => {
    const ledger = siteLedgerWith("aws", {}, { clusters: ["gone"] });
    expect(playSite({ clusters: {}, ledger }).outcome.report?.unserved).toEqual([
      {
        target: "gone",
        reason: "not-configured",
        text: "it is no longer in the configuration: its copies are still ours",
      },
    ]);
  });
});

describe("the very moment of the deadline", () => {
  const ledger = siteLedgerWith("aws", {}, { clusters: ["prod-1"] });
  const behind: SiteScene = { clusters: { "prod-1": { a: target("a", 1) } }, ledger, value: traceOf(2) };

  test("is too late to begin a write", () => {
    const proved = playSite(behind).order.indexOf("prove-value") + 1;
    const written = (deadlineAtReply: number) =>
      playSite({ ...behind, settings: { deadlineMs: t0 + deadlineAtReply }, nowMs: (replies) => t0 + replies }).writes;
    expect(written(proved)).toEqual([]);
    expect(written(proved + 1)).toEqual(["apply-target:prod-1/a/pull"]);
  });

  test("ends no tick whose question is still on its way", () => {
    const clusters = two({ a: target("a", 1) }, { a: target("a", 2) });
    const order = (deadlineAtReply: number, listedAtReply: number) => {
      let replies = 0;
      return playSite({
        clusters,
        settings: { deadlineMs: t0 + deadlineAtReply },
        nowMs: (count) => t0 + count,
        // The last listing comes while the verdict is awaited; then what was asked last is answered first.
        answersNext: (underWay) => (replies++ < listedAtReply ? 0 : underWay - 1),
      }).order;
    };
    const whole = order(1_000, 1_000);
    const listed = whole.findLastIndex((id) => id.startsWith("list-")) + 1;
    expect(whole.indexOf("prove-value")).toBe(listed);
    expect(order(listed, listed)).toEqual([...whole.slice(0, listed), "prove-value", "save-site"]);
  });
});
