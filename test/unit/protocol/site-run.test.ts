import { describe, expect, test } from "vitest";
import type { Reply } from "../../../core/protocol/effects.ts";
import { type SiteEffect, siteEffectId } from "../../../core/protocol/site-effects.ts";
import { effectInFlight, type SiteState, startSite } from "../../../core/protocol/site-run.ts";
import { type SiteStep, siteStep } from "../../../core/protocol/site-step.ts";
import { traceOf } from "./home-tick.ts";
import { siteLedgerWith, t0 } from "./ledgers.ts";
import { siteSettings, target } from "./site-tick.ts";

const clusters = { "prod-1": { a: target("a", 1), b: target("b", 1) }, "prod-2": { a: target("a", 1) } };
const answers: { readonly [T in SiteEffect["type"]]?: unknown } = {
  "load-site-ledger": { ledger: siteLedgerWith("aws", {}, { clusters: ["prod-1", "prod-2"] }), revision: "r0" },
  "read-round": { round: null },
  "read-value": { trace: traceOf(2), present: true },
  "list-namespaces": { namespaces: ["a", "b"].map((name) => ({ name, terminating: false })) },
  "list-secrets": { targets: [], continueToken: null },
  "prove-value": { verdict: "accepted" },
};
const replied = (state: SiteState, effect: SiteEffect, value: unknown): SiteStep =>
  siteStep(state, { type: "reply", effect, reply: { ok: true, value } as Reply<never> }, t0);

/** A tick whose reads of every target are under way, and all that was wanted for it. */
function reading(): { readonly state: SiteState; readonly underWay: readonly SiteEffect[] } {
  let { state, effects } = siteStep(startSite(siteSettings({ clusters }), t0), { type: "go" }, t0);
  const underWay = [...effects];
  for (;;) {
    const at = underWay.findIndex(({ type }) => type !== "read-target");
    const [effect] = at < 0 ? [] : underWay.splice(at, 1);
    if (effect === undefined) return { state, underWay };
    ({ state, effects } = replied(state, effect, answers[effect.type]));
    underWay.push(...effects);
  }
}

test("a call under way is found by its id, whichever cluster it is for; once it is answered it is not", () => {
  const start = siteStep(startSite(siteSettings({ clusters }), t0), { type: "go" }, t0).state;
  expect(effectInFlight(start, "load-site-ledger")).toEqual({ type: "load-site-ledger" });
  expect(effectInFlight(start, "read-round")).toBeUndefined();
  const { state, underWay } = reading();
  expect(underWay.map((effect) => siteEffectId(effect))).toEqual([
    "read-target:prod-1/a/pull#0",
    "read-target:prod-1/b/pull#0",
    "read-target:prod-2/a/pull#0",
    "read-target:prod-2/b/pull#0",
  ]);
  for (const effect of underWay) expect(effectInFlight(state, siteEffectId(effect))).toBe(effect);
  const [first] = underWay as [SiteEffect];
  const after = replied(state, first, { target: target("a", 2) }).state;
  expect(effectInFlight(after, siteEffectId(first))).toBeUndefined();
  expect(effectInFlight(after, "load-site-ledger")).toBeUndefined();
});

test.each(["read-target", "read-sync", "create-target", "reload-ledger", "apply-target"] as const)(
  "each target's %s is a call of its own, and each time it is made",
  (type) => {
    const ids = ["a", "b"].flatMap((name) =>
      [0, 1].map((step) =>
        siteEffectId({ type, cluster: "prod-1", namespace: name, name: "pull", step } as SiteEffect),
      ),
    );
    expect(ids).toEqual(["a/pull#0", "a/pull#1", "b/pull#0", "b/pull#1"].map((at) => `${type}:prod-1/${at}`));
  },
);

describe("a reply costs as much as what it is about, not as the site", () => {
  /** The value, and how often this property of it is read from now on. */
  function watched<T extends object>(value: T, property: keyof T): { readonly value: T; readonly reads: () => number } {
    let reads = 0;
    const get = (of: T, key: string | symbol) => {
      if (key === property) reads += 1;
      return Reflect.get(of, key);
    };
    return { value: new Proxy(value, { get }), reads: () => reads };
  }

  test("clusters that it is not about are not gone through", () => {
    const { state, underWay } = reading();
    const [first, other] = state.clusters ?? [];
    const [effect] = underWay as [SiteEffect];
    if (first === undefined || other === undefined || state.asked === null) throw new Error("nothing is asked");
    const { value, reads } = watched(other, "queue");
    const both = [first, value];
    const { effects } = replied({ ...state, clusters: both, asked: { ...state.asked, clusters: both } }, effect, {
      target: target("a", 2),
    });
    expect(effects).toEqual([]);
    expect(reads()).toBe(0);
  });

  test("targets of its cluster that wait for answers of their own are not looked at", () => {
    const { state, underWay } = reading();
    const [first, other] = state.clusters ?? [];
    const [effect] = underWay as [SiteEffect];
    const { "a/pull": a, "b/pull": b } = first?.active ?? {};
    if (first === undefined || other === undefined || state.asked === null || !a || !b)
      throw new Error("nothing is asked");
    const { value, reads } = watched(b, "doing");
    const both = [{ ...first, active: { "a/pull": a, "b/pull": value } }, other];
    const known: SiteState = { ...state, verdict: "accepted", clusters: both };
    const contexts = {
      canary: { ...state.asked.canary, verdict: known.verdict },
      rest: { ...state.asked.rest, verdict: known.verdict },
    };
    const { effects } = replied({ ...known, asked: { ...contexts, clusters: both } }, effect, {
      target: target("a", 1),
    });
    expect(effects.map((one) => siteEffectId(one))).toEqual(["apply-target:prod-1/a/pull#1"]);
    expect(reads()).toBe(0);
  });
});
