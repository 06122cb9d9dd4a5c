import { defineConfig } from "vitest/config";

/** The demo with each of its faults, and with the product broken on purpose: minutes, so not part of `npm test`. */
export default defineConfig({
  test: {
    include: ["test/demo/**/*.test.ts"],
    // Mostly waiting, for drains and (alternating) for ten seconds to pass: so many keep two cores half busy.
    maxWorkers: 3,
    maxConcurrency: 3,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ["default", "./test/closing-line.ts"],
  },
});
