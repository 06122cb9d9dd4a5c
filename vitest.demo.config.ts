import { defineConfig } from "vitest/config";

/** The demo with each of its faults, and with the product broken on purpose: minutes, so not part of `npm test`. */
export default defineConfig({
  test: {
    include: ["test/demo/**/*.test.ts"],
    fileParallelism: false,
    reporters: ["default", "./test/closing-line.ts"],
  },
});
