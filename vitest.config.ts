import { defineConfig } from "vitest/config";
import { refuseOldNode } from "./functions/cli/node-version.ts";

const refusal = refuseOldNode(process.versions.node);
if (refusal !== null) throw new Error(refusal);

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/demo/**", "test/conformance/**", "node_modules/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", "./test/closing-line.ts"],
  },
});
