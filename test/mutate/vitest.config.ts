import { defineConfig } from "vitest/config";

/** What may kill a mutant: the unit tests of the protocol. */
export default defineConfig({
  // Code with all its mutants inside is slow: on a busy machine the first run took a test beyond the usual five seconds.
  test: { include: ["test/unit/protocol/*.test.ts"], isolate: false, testTimeout: 60_000 },
});
