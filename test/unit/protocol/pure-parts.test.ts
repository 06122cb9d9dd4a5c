import { describe, expect, test } from "vitest";
import { apartMs, elapsedMs, fastestMs, instantAt, noOffsets, registryMs } from "../../../core/protocol/clocks.ts";
import type { ProofVerdict } from "../../../core/protocol/effects.ts";
import {
  formatTargetMark,
  parseRobotMark,
  parseTargetMark,
  robotDescription,
  robotName,
} from "../../../core/protocol/mark.ts";
import { judgeEndpoints } from "../../../core/protocol/proof.ts";
import { backoffMs } from "../../../core/protocol/settings.ts";
import { ledgerId } from "./ledgers.ts";

describe("a robot's mark", () => {
  const mark = { ledgerId, credential: "platform-pull", generation: 7, attempt: "0a1b2c3d" };
  const name = robotName("platform-pull", 7, "0a1b2c3d");
  const description = robotDescription(mark);

  test.each([
    ["its own", `robot$${name}`, description, mark],
    ["whatever prefix the registry puts before it", `other+${name}`, description, mark],
    ["name of another attempt", `robot$${robotName("platform-pull", 7, "ffff")}`, description, null],
    ["name of another generation", `robot$${robotName("platform-pull", 8, "0a1b2c3d")}`, description, null],
    ["description by hand", `robot$${name}`, "pulls for team a", null],
    ["generation zero", "robot$platform-pull-g0-0a1b2c3d", description.replace(":g7:", ":g0:"), null],
    ["a ledger id that is none", `robot$${name}`, description.replace(ledgerId, "abc"), null],
    ["something behind it", `robot$${name}`, `${description} `, null],
  ])("%s", (_what, username, text, expected) => {
    expect(parseRobotMark(username, text)).toEqual(expected);
  });
});

test.each([
  [formatTargetMark({ ledgerId, epoch: 12 }), { ledgerId, epoch: 12 }],
  [`${ledgerId}.0`, null],
  [`${ledgerId}.012`, null],
  [`${ledgerId}.1 `, null],
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
  });

  test.each([
    ["the slowest of those that had both moments", [0, 0, 0], [100, 60, 80], 60],
    ["a clock that was not seen at the start says nothing", [0, null, 0], [100, 10, 80], 80],
    ["nor one not seen at the end", [0, 0, 0], [100, null, null], 100],
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
