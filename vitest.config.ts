import { defineConfig } from "vitest/config";
import { refuseOldNode } from "./functions/cli/node-version.ts";

const refusal = refuseOldNode(process.versions.node);
if (refusal !== null) throw new Error(refusal);

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "./test/bundle/builds-folder.ts",
    // Files are not kept apart: loading SDKs anew for each of them took half of all the time.
    isolate: false,
    // Vitest would leave a core of two idle.
    maxWorkers: "100%",
    exclude: ["test/demo/**", "test/conformance/**", "node_modules/**"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: ["default", "./test/closing-line.ts"],
  },
});
