import { expect, test } from "vitest";
import { runMany, runSafely, unreached } from "./many.ts";

const histories = 400;

test(`${histories} simulated histories keep the seven promises`, () => {
  const firstSeed = Number(process.env["CAPSTAN_SEED"] ?? 1);
  const result = runMany(histories, firstSeed);
  const broken = result.broken.map(
    ({ seed, broken: what }) => `seed ${seed}: ${what.join("; ")} (npm run -s simulate -- --story --seed ${seed})`,
  );
  expect(broken, `first seed ${firstSeed}`).toEqual([]);
  expect(unreached(result), `first seed ${firstSeed}: states never reached`).toEqual([]);
}, 120_000);

test("a seed replays its history to the letter", () => {
  const one = runSafely(4711, true);
  const two = runSafely(4711, true);
  expect(two).toEqual(one);
  expect(one.story.length).toBeGreaterThan(50);
});
