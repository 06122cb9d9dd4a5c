import { expect, test } from "vitest";
import { syncText } from "../../../core/engine/sync-text.ts";
import type { ExternalSecretFacts } from "../../../core/ports/cluster.ts";

const fine: ExternalSecretFacts = {
  target: "pull",
  ready: true,
  reason: "SecretSynced",
  refreshedMs: Date.parse("2026-11-26T02:00:00Z"),
  carriedOut: true,
  interval: "1h0m0s",
  policy: "Periodic",
};
const last = "last refreshed 2026-11-26T02:00:00.000Z";

test.each([
  [null, "there is no ExternalSecret of this name"],
  [{ target: "other" }, "the ExternalSecret of this name writes other"],
  [{ ready: false, reason: null }, `it fails, ${last}`],
  [{ ready: false, reason: "SecretSyncedError", refreshedMs: null }, "it fails (SecretSyncedError), never refreshed"],
  [{ carriedOut: false }, `its last change is not carried out yet, ${last}`],
  [{ policy: "CreatedOnce" as const }, `its refreshPolicy CreatedOnce follows no rotation, ${last}`],
  [{ interval: "0s" }, `its refreshInterval 0s follows no rotation, ${last}`],
  [{ interval: "0h15m0s" }, `not refreshed since, ${last}, every 0h15m0s`],
  [{}, `not refreshed since, ${last}, every 1h0m0s`],
])("%o: %s", (changes, words) => {
  expect(syncText(changes === null ? null : { ...fine, ...changes }, "pull")).toBe(`by External Secrets: ${words}`);
});
