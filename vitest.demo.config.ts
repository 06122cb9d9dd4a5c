import { defineConfig } from "vitest/config";

/** The demo with each of its faults, and with the product broken on purpose: minutes, so not part of `npm test`. */
export default defineConfig({
  test: {
    include: ["test/demo/**/*.test.ts"],
    // Mostly waiting for drains: two at a time keep two cores half busy.
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ["default", "./test/closing-line.ts"],
  },
});
