import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apartMs, elapsedMs, fastestMs, instantAt, noOffsets, registryMs } from "../../../core/protocol/clocks.ts";
import type { ProofVerdict } from "../../../core/protocol/effects.ts";
import {
  formatTargetMark,
  installationLabel,
  managedByLabel,
  markAnnotation,
  parseRobotMark,
  parseTargetMark,
  robotDescription,
  robotName,
  robotNamePrefix,
  slotName,
} from "../../../core/protocol/mark.ts";
import { judgeEndpoints } from "../../../core/protocol/proof.ts";
import { remembered } from "../../../core/protocol/remembered.ts";
import { backoffMs } from "../../../core/protocol/settings.ts";
import { ledgerId } from "./ledgers.ts";

describe("a robot's mark", () => {
  const mark = { ledgerId, credential: "platform-pull", generation: 7, attempt: "0a1b2c3d" };
  const name = robotName("platform-pull", 7, "0a1b2c3d");
  const description = robotDescription(mark);
  const mark12 = { ledgerId, credential: "ci", generation: 12, attempt: "beef" };

  test.each([
    ["its own", `robot$${name}`, description, mark],
    ["whatever prefix the registry puts before it", `other+${name}`, description, mark],
    ["name of another attempt", `robot$${robotName("platform-pull", 7, "ffff")}`, description, null],
    ["name of another generation", `robot$${robotName("platform-pull", 8, "0a1b2c3d")}`, description, null],
    ["description by hand", `robot$${name}`, "pulls for team a", null],
    ["generation zero", "robot$platform-pull-g0-0a1b2c3d", description.replace(":g7:", ":g0:"), null],
    ["a ledger id that is none", `robot$${name}`, description.replace(ledgerId, "abc"), null],
    ["something behind it", `robot$${name}`, `${description} `, null],
    ["something before it", `robot$${name}`, `not ${description}`, null],
    ["of a two-digit generation", "robot$ci-g12-beef", `capstan:${ledgerId}:ci:g12:beef`, mark12],
    ["a fixed robot's", `robot$${slotName("platform-pull", "b")}`, description, { ...mark, slot: "b" }],
    ["another credential's fixed robot", `robot$${slotName("ci", "b")}`, description, null],
    ["of a generation that is no number", "robot$ci-g1x-beef", `capstan:${ledgerId}:ci:g1x:beef`, null],
  ])("%s", (_what, username, text, expected) => {
    expect(parseRobotMark(username, text)).toEqual(expected && { slot: null, ...expected });
  });

  test("is made of name and description, as they stand in the registry", () => {
    expect(name).toBe("platform-pull-g7-0a1b2c3d");
    expect(description).toBe(`capstan:${ledgerId}:platform-pull:g7:0a1b2c3d`);
    expect(name.startsWith(robotNamePrefix("platform-pull"))).toBe(true);
    expect(robotNamePrefix("platform-pull")).toBe("platform-pull-g");
  });

  test("any credential, generation and attempt that may be is read back as it was written", () => {
    const hex = (minLength: number, maxLength: number) =>
      fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength, maxLength });
    const marks = fc.record({
      ledgerId: hex(32, 32),
      credential: fc.stringMatching(/^[a-z0-9-]{1,63}$/),
      generation: fc.integer({ min: 1, max: 999_999_999 }),
      attempt: hex(4, 16),
    });
    fc.assert(
      fc.property(marks, fc.string(), (one, prefix) => {
        const username = prefix + robotName(one.credential, one.generation, one.attempt);
        expect(parseRobotMark(username, robotDescription(one))).toEqual({ ...one, slot: null });
      }),
    );
  });
});

test("labels and annotations are the ones that documents and clusters know", () => {
  expect(markAnnotation("ci-push")).toBe("epoch.capstan.dev/ci-push");
  expect([installationLabel, managedByLabel]).toEqual(["capstan.dev/installation", "app.kubernetes.io/managed-by"]);
});

test.each([
  [formatTargetMark({ ledgerId, epoch: 12 }), { ledgerId, epoch: 12 }],
  [`${ledgerId}.0`, null],
  [`${ledgerId}.012`, null],
  [`${ledgerId}.1 `, null],
  [`0${ledgerId}.1`, null],
  [`${ledgerId}.999999999999999`, { ledgerId, epoch: 999_999_999_999_999 }],
  [`${ledgerId}.9999999999999999`, null],
  [`${ledgerId.toUpperCase()}.1`, null],
  ["", null],
  [undefined, null],
])("a target's mark %j", (text, expected) => {
  expect(parseTargetMark(text)).toEqual(expected);
});

describe("clocks", () => {
  const at = instantAt(1_000, { registryMs: 50, ledgerMs: -200 });

  test("offsets turn one clock into three", () => {
    expect(at).toEqual({ localMs: 1_000, registryMs: 1_050, ledgerMs: 800 });
    expect(instantAt(1_000, noOffsets)).toEqual({ localMs: 1_000, registryMs: null, ledgerMs: null });
  });

  test("due dates go by the fastest, expiry by the registry or else the fastest", () => {
    expect(fastestMs(at)).toBe(1_050);
    expect(registryMs(at)).toBe(1_050);
    expect(registryMs({ localMs: 1_000, registryMs: null, ledgerMs: 3_000 })).toBe(3_000);
    expect(apartMs(at)).toBe(250);
    expect(fastestMs({ localMs: -5, registryMs: null, ledgerMs: null })).toBe(-5);
    expect(apartMs({ localMs: 1_000, registryMs: null, ledgerMs: 900 })).toBe(100);
  });

  test.each([
    ["the slowest of those that had both moments", [0, 0, 0], [100, 60, 80], 60],
    ["a clock that was not seen at the start says nothing", [0, null, 0], [100, 10, 80], 80],
    ["nor one not seen at the end", [0, 0, 0], [100, null, null], 100],
    ["the registry's, if it is the slowest", [0, 50, 20], [100, 110, 120], 60],
    ["the ledger's, if it is the slowest", [0, 50, 20], [100, 200, 70], 50],
    ["the registry's was not seen at the start", [500, null, 500], [600, 10, 700], 100],
    ["the ledger's was not seen at the start", [500, 500, null], [600, 700, 10], 100],
    ["a clock put back counts against it", [1_000, 0, 0], [100, 60, 80], -900],
  ])("a drain goes by %s", (_what, from, to, expected) => {
    const moment = ([localMs, registry, ledger]: readonly (number | null)[]) => ({
      localMs: localMs ?? 0,
      registryMs: registry ?? null,
      ledgerMs: ledger ?? null,
    });
    expect(elapsedMs(moment(from), moment(to))).toBe(expected);
  });
});

test.each<[readonly ProofVerdict[], ProofVerdict]>([
  [["accepted"], "accepted"],
  [["accepted", "accepted"], "accepted"],
  [["refused", "refused"], "refused"],
  [["accepted", "refused"], "unreachable"],
  [["refused", "unreachable"], "unreachable"],
  [["accepted", "unreachable"], "unreachable"],
  [["accepted", "no-right"], "no-right"],
  [["refused", "no-right"], "no-right"],
  [[], "unreachable"],
])("endpoints that say %j are %s together", (verdicts, expected) => {
  expect(judgeEndpoints(verdicts.map((verdict) => ({ verdict })))).toBe(expected);
});

test.each([
  [0, 0],
  [-1, 0],
  [1, 100],
  [2, 200],
  [3, 400],
  [5, 1_000],
  [2_000, 1_000],
])("after %i failures the pause is %i ms", (failures, expected) => {
  expect(backoffMs(failures, 100, 1_000)).toBe(expected);
});

describe("what is remembered", () => {
  test("is worked out once for each thing, and not for another like it", () => {
    const asked: object[] = [];
    const sizeOf = remembered((list: readonly string[]) => asked.push(list));
    const list = ["a"];
    expect([sizeOf(list), sizeOf(list), sizeOf(["a"]), asked.length]).toEqual([1, 1, 2, 2]);
  });

  test("is tried again where it failed", () => {
    let tries = 0;
    const flaky = remembered((_key: object) => {
      tries++;
      if (tries === 1) throw new Error("not yet");
      return tries;
    });
    const key = {};
    expect(() => flaky(key)).toThrow("not yet");
    expect([flaky(key), flaky(key)]).toEqual([2, 2]);
  });
});
