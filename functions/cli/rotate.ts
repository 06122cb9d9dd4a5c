import { lookAtIssuer } from "../../core/app/inspect-issuer.ts";
import { credentialOf } from "../../core/app/settings.ts";
import type { CliActions, CliContext, RotateOptions } from "./actions.ts";
import { readConfigFile } from "./config-file.ts";
import { type ExitCode, exitCode, worstExitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { type Followed, follow } from "./follow.ts";
import { commandLine } from "./hint.ts";
import { lookHome } from "./look.ts";
import { pickCredentials } from "./pick.ts";
import { allSitesOf, openSession, type Session } from "./session.ts";
import { renderTable } from "./table.ts";
import { homeRunOf, tickedCredential, tickedHeadings, tickedRow } from "./tick-document.ts";

/**
 * `capstan rotate`: a new generation for each credential, one that is on its way counting as it.
 * Document: `{exitCode, credentials: (TickedCredential & {taken, failures})[]}`; `taken`: the wish is
 * in the ledger or was met; `failures`: attempts given up (ticks try again). Exit status 0 the rotation
 * is over, 3 begun and not over, 124 `--timeout` passed, 4/69/75/77 as `capstan tick`.
 */
export const rotate: CliActions["rotate"] = async (options, context) => {
  const file = await readConfigFile(context);
  const names = pickCredentials(file, options.credentials);
  const session = openSession(context, file, allSitesOf(file, names));
  await refuseWithoutRights(session, names);
  const followed = await Promise.all(names.map((name) => rotateOne(session, name, options)));
  const code = worstExitCode(followed.map((one) => one.exitCode));
  hint(context, code, options.wait);
  return {
    exitCode: code,
    data: { exitCode: code, credentials: followed.map(followedDocument) },
    table: renderTable(
      tickedHeadings,
      followed.map((one) => tickedRow(followedDocument(one))),
      context.style,
    ),
  };
};

/** Throws `Failure` 77 before anything is written where an issuer is known to lack a right. What could not be looked at stops nothing. */
async function refuseWithoutRights({ tools }: Session, names: readonly string[]): Promise<void> {
  const looks = await Promise.all(
    names.map(async (name) => {
      // What is needed follows from the choice, and that from the ledger and the robots that are there.
      const isAuto = credentialOf(tools.config, name).strategy === "auto";
      const choice = isAuto ? (await lookHome(tools, name)).choice : null;
      return { name, choice, look: await lookAtIssuer(tools, name, choice) };
    }),
  );
  const lines = looks.flatMap(({ name, choice, look }) => {
    // Of none that can be each says what it lacks.
    if (choice?.strategy === null && look.missing.length > 0)
      return [`  ${name}: strategy auto finds none. ${choice.why}`];
    return look.missing.map(
      ({ right, why }) => `  ${name}: the issuer lacks ${right}${why === undefined ? "" : `: ${why}`}`,
    );
  });
  if (lines.length > 0) throw new Failure(exitCode.denied, ["nothing was written", ...lines].join("\n"));
}

/** The document of a credential that an act was taken to. */
export function followedDocument({ credential, last, exitCode: code, taken, failures }: Followed) {
  return { ...tickedCredential(last, credential, code), taken, failures };
}

async function rotateOne(session: Session, name: string, options: RotateOptions): Promise<Followed> {
  const { wait, timeoutMs, startNew } = options;
  if (!startNew) return follow(session, name, { type: "rotate" }, { wait, timeoutMs });
  const startedMs = session.tools.clock.nowMs();
  const begun = await follow(session, name, { type: "start-new" }, { wait: false, timeoutMs });
  if (!begun.taken) return begun;
  // A new ledger rotates by itself: asked for once more there would be two.
  const current = homeRunOf(begun.last, name)?.ledger?.current;
  const first = current === null || current === undefined || current.promotedAtMs >= startedMs;
  if (first && !wait) return begun;
  const spentMs = session.tools.clock.nowMs() - startedMs;
  const leftMs = timeoutMs === null ? null : Math.max(1, timeoutMs - spentMs);
  return follow(session, name, { type: first ? "start-new" : "rotate" }, { wait, timeoutMs: leftMs });
}

function hint(context: CliContext, code: ExitCode, waited: boolean): void {
  if (code === exitCode.done) context.progress(`next: ${commandLine(context, "status")}`);
  else if (code === exitCode.notFinished || code === exitCode.timedOut || code === exitCode.interrupted) {
    const ticks = commandLine(context, "tick");
    context.progress(`${waited ? "nothing is lost" : "begun"}; next: ${ticks} goes on from here, again and again`);
  } else context.progress(`next: ${commandLine(context, "plan")} tells what is in the way`);
}
