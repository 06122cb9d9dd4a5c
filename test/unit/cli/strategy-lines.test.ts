import { expect, test } from "vitest";
import type { PlannedStrategy } from "../../../core/app/planned-strategy.ts";
import { optionLines, strategyLines } from "../../../functions/cli/strategy-lines.ts";

const style = { paint: (_colour: string, text: string) => text, ascii: true };
const planned = (changes: Partial<PlannedStrategy>): PlannedStrategy => ({
  configured: "auto",
  strategy: "generations",
  why: "the issuer has every right that it needs",
  options: [],
  expectedWindow: null,
  ...changes,
});
const shown = (changes: Partial<PlannedStrategy>) => strategyLines(planned(changes), style);

test("the default needs no word; another one that the file names does", () => {
  expect(shown({ configured: "generations", why: null })).toEqual([]);
  expect(shown({ configured: "in-place", strategy: "in-place", why: null, expectedWindow: "about 3 s" })).toEqual([
    "  strategy in-place",
    "  at the next rotation pulls fail from the refresh on: about 3 s",
  ]);
});

test("a choice is told with its reason, and so is that there is none", () => {
  expect(shown({})).toEqual(["  strategy generations, chosen by auto; the issuer has every right that it needs"]);
  expect(shown({ strategy: null, why: "generations: no. alternating: no" })).toEqual([
    expect.stringMatching(/strategy: auto finds none$/),
  ]);
  expect(shown({ strategy: "in-place", why: "x", expectedWindow: "about 3 s" })).toHaveLength(2);
});

test("what each would need, and what stands against it", () => {
  const option = { missing: [], unknown: [] } as const;
  const options = [
    { ...option, strategy: "generations", needs: ["create", "hand-out", "delete"], against: "the issuer lacks x" },
    { ...option, strategy: "alternating", needs: ["update"], against: null },
  ] as const;
  expect(optionLines(planned({ options }))).toEqual([
    "    generations needs robot:create, to hold what it hands out, robot:delete: the issuer lacks x",
    "    alternating needs robot:update: there",
  ]);
});
