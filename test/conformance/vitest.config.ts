import { defineConfig } from "vitest/config";

/** The contracts on real servers, which `test/conformance/main.ts` builds and starts. */
export default defineConfig({
  test: {
    include: ["test/conformance/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    reporters: ["default", "./test/closing-line.ts"],
  },
});
