import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { refuseOldNode } from "./functions/cli/node-version.ts";

const refusal = refuseOldNode(process.versions.node);
if (refusal !== null) throw new Error(refusal);

/** MSAL keeps the identity endpoint that it saw first for the life of the process: these have one each. */
const alone = [
  "test/contract/azure-identity.test.ts",
  "test/contract/federation.test.ts",
  "test/contract/sandbox-start.test.ts",
  "test/fuzz/fuzz.test.ts",
];
const never = ["test/demo/**", "test/conformance/**", "node_modules/**"];

export default defineConfig({
  test: {
    globalSetup: "./test/bundle/builds-folder.ts",
    // Half as many again as there are cores: many files wait for processes and servers more than they reckon.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: ["default", "./test/closing-line.ts"],
    projects: [
      // Files are not kept apart: loading SDKs anew for each of them took half of all the time.
      {
        extends: true,
        test: { name: "together", include: ["test/**/*.test.ts"], exclude: [...alone, ...never], isolate: false },
      },
      { extends: true, test: { name: "alone", include: alone, isolate: true } },
    ],
  },
});
