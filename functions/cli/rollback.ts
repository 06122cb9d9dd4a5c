import type { CliActions } from "./actions.ts";
import { readConfigFile } from "./config-file.ts";
import { exitCode } from "./exit-codes.ts";
import { follow } from "./follow.ts";
import { commandLine } from "./hint.ts";
import { pickCredential } from "./pick.ts";
import { followedDocument } from "./rotate.ts";
import { allSitesOf, openSession } from "./session.ts";
import { renderTable } from "./table.ts";
import { tickedHeadings, tickedRow } from "./tick-document.ts";

/**
 * `capstan rollback`: an older generation under the next epoch; one tick, the scheduled ones do the
 * rest. Scheduled rotations wait from then on, until the robot's expiry comes near. Document: the
 * credential as `capstan rotate` prints it. Exit status 3 begun, 4 refused, with the reason.
 */
export const rollback: CliActions["rollback"] = async ({ credential: asked, generation }, context) => {
  const file = await readConfigFile(context);
  const credential = pickCredential(file, asked);
  const session = openSession(context, file, allSitesOf(file, [credential]));
  const followed = await follow(
    session,
    credential,
    { type: "roll-back", generation },
    { wait: false, timeoutMs: null },
  );
  const document = followedDocument(followed);
  const refused = followed.failures.map(({ text }) => text);
  if (refused.length === 0 && document.generation !== null && followed.taken) {
    context.progress(`${credential}: generation ${document.generation} is current, epoch ${document.epoch}`);
    context.progress(`scheduled rotations wait; next: ${commandLine(context, `rotate ${credential}`)} when mended`);
  }
  if (followed.exitCode === exitCode.notFinished)
    context.progress(`next: ${commandLine(context, "tick")} goes on from here`);
  return {
    exitCode: followed.exitCode,
    data: document,
    table: [...renderTable(tickedHeadings, [tickedRow(document)], context.style), ...refused],
  };
};
