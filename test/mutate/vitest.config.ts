import { defineConfig } from "vitest/config";

/** What may kill a mutant: the unit tests of the protocol. */
export default defineConfig({
  test: { include: ["test/unit/protocol/*.test.ts"], isolate: false },
});
