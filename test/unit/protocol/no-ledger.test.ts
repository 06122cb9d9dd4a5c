import { describe, expect, test } from "vitest";
import type { FailureKind } from "../../../core/protocol/effects.ts";
import { newLedger } from "../../../core/protocol/state.ts";
import { type Answers, fails, marked, playHome, type Scene, traceOf } from "./home-tick.ts";
import { credential, ledgerId, limits, minuteMs, otherId, t0, usernameOf } from "./ledgers.ts";

const first = (answers: Answers = {}, settings: Scene["settings"] = {}) =>
  playHome({ ledger: null, answers, settings });
const robots = (...all: readonly ReturnType<typeof marked>[]): Answers => ({ "list-robots": () => ({ robots: all }) });
const valueIn = (place: string): Answers => ({
  "read-store": ({ site }) =>
    site === place ? { versionId: "x", trace: traceOf(2) } : { versionId: null, trace: null },
});

test("and nothing of ours anywhere: one is begun, and the first generation made", () => {
  const { ledger, saves, asked } = first();
  expect(saves[0]).toBe("begun");
  const lease = { owner: "runner-1", untilMs: t0 + limits.leaseMs };
  expect(asked.find((effect) => effect.type === "save")).toEqual({
    type: "save",
    ledger: { ...newLedger(credential, ledgerId, ["aws", "azure"]), lease },
    expected: null,
    why: "begun",
  });
  expect(ledger).toMatchObject({ ledgerId, epoch: 1, current: { generation: 1 }, sites: ["aws", "azure"] });
});

test("robots that bear another credential's mark, or none, are in nobody's way", () => {
  const other = { ...marked(2), username: "robot$ci-g2-0002", description: `capstan:${ledgerId}:ci:g2:0002` };
  expect(first(robots(other, { ...marked(3), description: "by hand" })).saves[0]).toBe("begun");
});

describe("nothing is begun", () => {
  const strangers = robots(marked(2), marked(3));
  const unread = (kind: FailureKind): [string, string, string, Answers] => [
    "ledger-unreadable",
    kind === "unreachable" || kind === "throttled" ? "waiting" : "blocked",
    "the home's ledger: scripted",
    { "load-ledger": () => fails(kind) },
  ];

  test.each<[string, string, string, Answers]>([
    ...(["unreachable", "throttled", "denied", "conflict", "invalid", "not-found"] as const).map(unread),
    [
      "registry-unreadable",
      "waiting",
      "not begun: no ledger yet, and the registry cannot list robots: scripted",
      { "list-robots": () => fails("denied") },
    ],
    [
      "store-unreadable",
      "waiting",
      "not begun: no ledger yet, and the store of azure cannot be read: scripted",
      { "read-store": ({ site }) => (site === "azure" ? fails() : { versionId: null, trace: null }) },
    ],
    [
      "ledger-lost",
      "blocked",
      `there is no ledger, but the store of azure holds generation 2 of ledger ${ledgerId}: restore the ledger; nothing is written`,
      valueIn("azure"),
    ],
    [
      "unknown-robots",
      "blocked",
      `there is no ledger, but 2 robots bear this credential's mark (${usernameOf(2)} …): another installation's, or a lost ledger. "rotate --start-new" begins a new one and leaves them alone`,
      strangers,
    ],
  ])("%s (%s): %s", (code, end, text, answers) => {
    const played = first(answers);
    expect(played.outcome).toEqual({
      end,
      nextAtMs: t0 + minuteMs,
      waits: [text],
      problems: [{ code, text, blocks: end === "blocked" }],
    });
    expect([...played.changed, ...played.saves]).toEqual([]);
  });

  test("where a rotation could not begin: not even a ledger is written", () => {
    const startRefused = { code: "no-strategy", text: "the issuer may nothing", blocks: true };
    const played = first({}, { startRefused });
    expect(played.outcome).toMatchObject({ end: "blocked", problems: [startRefused] });
    expect([...played.changed, ...played.saves]).toEqual([]);
  });

  test("by another wish of the operator's either", () => {
    expect(first(strangers, { act: { type: "rotate" } }).codes).toEqual(["unknown-robots"]);
  });
});

test("an operator who says so begins a new one and leaves the marked robots alone", () => {
  const stranger = { ...marked(2), description: marked(2).description.replace(ledgerId, otherId) };
  const played = first(robots(stranger), { act: { type: "start-new" } });
  expect(played.ledger.epoch).toBe(1);
  expect(played.changed).not.toContain("remove-robot 2");
  expect(played.state.actDone).toBe(true);
});

test("but a value of ours in home's store: its ledger id is taken again, and the ledger rebuilt", () => {
  const { ledger, saves, outcome } = first({ ...valueIn("aws"), ...robots(marked(2)) });
  expect(saves[0]).toBe("rebuilt");
  expect(outcome.problems).toContainEqual({
    code: "ledger-rebuilt",
    text: `there is no ledger, but the store of aws holds generation 2 of ledger ${ledgerId}: it was rebuilt, and a new generation is minted at once`,
    blocks: false,
  });
  expect(ledger).toMatchObject({
    ledgerId,
    current: { generation: 13 },
    replaced: [{ generation: 2, state: "held" }],
  });
});

test("home's store speaks before the others'", () => {
  const everywhere: Answers = { "read-store": () => ({ versionId: "x", trace: traceOf(2) }) };
  expect(first({ ...everywhere, ...robots(marked(2)) }).saves[0]).toBe("rebuilt");
});

test("home's value counts, wherever home stands among the sites and whatever a replica holds", () => {
  const everywhere: Answers = { "read-store": () => ({ versionId: "x", trace: traceOf(2) }) };
  const { ledger, saves } = first(everywhere, { sites: ["azure", "aws"] });
  expect(saves[0]).toBe("rebuilt");
  expect(ledger?.ledgerId).toBe(ledgerId);
});
