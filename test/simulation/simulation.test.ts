import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { runSafely, unreached } from "./many.ts";
import { runPool } from "./pool.ts";

const histories = 5_000;

test(`${histories} simulated histories keep the seven promises`, async () => {
  const firstSeed = Number(process.env["CAPSTAN_SEED"] ?? 1);
  const result = await runPool({ histories, firstSeed, workers: availableParallelism() });
  const broken = result.broken.map(
    ({ seed, broken: what }) => `seed ${seed}: ${what.join("; ")} (npm run -s simulate -- --story --seed ${seed})`,
  );
  expect(broken, `first seed ${firstSeed}`).toEqual([]);
  expect(unreached(result), `first seed ${firstSeed}: states never reached`).toEqual([]);
  expect(result.histories).toBe(histories);
}, 900_000);

test.for([
  ["two fixed robots", "alternating", 100],
  ["a strategy that is chosen by rights that come and go", "auto", 50],
] as const)("histories of %s keep them, too", { timeout: 300_000 }, async ([, strategy, histories]) => {
  const firstSeed = Number(process.env["CAPSTAN_SEED"] ?? 1);
  const aim = { shape: { strategy } } as const;
  const result = await runPool({ histories, firstSeed, workers: availableParallelism(), aim });
  expect(result.broken.map(({ seed, broken }) => `seed ${seed}: ${broken.join("; ")}`)).toEqual([]);
  expect(result.histories).toBe(histories);
});

test("a seed replays its history to the letter", () => {
  const one = runSafely(4711, true);
  const two = runSafely(4711, true);
  expect(two).toEqual(one);
  expect(one.story.length).toBeGreaterThan(50);
});
