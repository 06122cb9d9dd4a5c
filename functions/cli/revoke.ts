import type { HomeLedger } from "../../core/protocol/state.ts";
import { formatSpan } from "../../core/schedule/span.ts";
import type { CliActions } from "./actions.ts";
import { readConfigFile } from "./config-file.ts";
import { exitCode } from "./exit-codes.ts";
import { follow } from "./follow.ts";
import { commandLine } from "./hint.ts";
import { pickCredential } from "./pick.ts";
import { followedDocument } from "./rotate.ts";
import { allSitesOf, openSession } from "./session.ts";
import { renderTable } from "./table.ts";
import { homeRunOf, tickedHeadings, tickedRow } from "./tick-document.ts";

/** Harbor's registry takes a bearer for so long past its end (harbor.md §2.3). */
const bearerLeewayMs = 60_000;

type Stage = "current" | "held" | "draining" | "retiring" | "gone";

/**
 * `capstan revoke`: ends a generation for good; one tick, the scheduled ones do the rest. Document: the
 * credential as `capstan rotate` prints it, and `revoked: {generation, stage: current | held | draining
 * | retiring | gone | null, deleted, pullsUntilMsAfterDeletion}`: bearers given out before the robot's
 * deletion pull on for the token's lifetime and 60 s. Exit status 0 deleted, 3 not yet, 4 refused.
 */
export const revoke: CliActions["revoke"] = async ({ credential: asked, generation, now }, context) => {
  const file = await readConfigFile(context);
  const credential = pickCredential(file, asked);
  const session = openSession(context, file, allSitesOf(file, [credential]));
  const followed = await follow(
    session,
    credential,
    { type: "revoke", generation, now },
    { wait: false, timeoutMs: null },
  );
  const document = followedDocument(followed);
  const refused = followed.failures.map(({ text }) => text);
  const registry = file.config.registries[file.config.credentials[credential]?.registry ?? ""];
  const afterMs = (registry?.tokenLifetimeMs ?? 0) + bearerLeewayMs;
  const ledger = homeRunOf(followed.last, credential)?.ledger ?? null;
  const stage =
    ledger === null || !followed.taken || refused.length > 0 ? null : stageOf(ledger, generation, document.waits);
  const lines = refused.length > 0 || stage === null ? refused : honestEnd(generation, stage, afterMs);
  if (followed.exitCode === exitCode.notFinished)
    context.progress(`next: ${commandLine(context, "tick")} goes on from here`);
  return {
    exitCode: followed.exitCode,
    data: {
      ...document,
      revoked: { generation, stage, deleted: stage === "gone", pullsUntilMsAfterDeletion: afterMs },
    },
    table: [...renderTable(tickedHeadings, [tickedRow(document)], context.style), ...lines],
  };
};

function stageOf(ledger: HomeLedger, generation: number, waits: readonly string[]): Stage {
  if (ledger.current?.generation === generation) return "current";
  const record = ledger.replaced.find((replaced) => replaced.generation === generation);
  // One that was never handed out is in no record; its robot is swept.
  return record?.state ?? (waits.some((wait) => wait.endsWith("to sweep")) ? "retiring" : "gone");
}

function honestEnd(generation: number, stage: Stage, afterMs: number): readonly string[] {
  const tail = `tokens given out before its deletion pull on for up to ${formatSpan(afterMs)} (token lifetime + 60s)`;
  if (stage === "gone") return [`generation ${generation} is deleted; ${tail}`];
  const first =
    stage === "current"
      ? `generation ${generation} is revoked and still current: a next one is on its way`
      : `generation ${generation} is revoked and ${stage}: it is deleted when nothing holds it any more`;
  return [first, `the end: its deletion, and after it ${tail}`];
}
