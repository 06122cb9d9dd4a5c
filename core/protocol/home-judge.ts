import { effectId, type HomeEffect, type ValueTrace } from "./effects.ts";
import {
  allSites,
  answerTo,
  ask,
  type Decision,
  failureOf,
  type HomeState,
  type LedgerState,
  type Problem,
  type Rule,
  robotsSeen,
  siteSeen,
} from "./home-state.ts";
import { parseRobotMark, type RobotMark } from "./mark.ts";
import { rebuild, rebuiltLately } from "./rebuild.ts";
import { type Instant, newLedger } from "./state.ts";

const listRobots: HomeEffect = { type: "list-robots" };

function otherTraces(state: HomeState): readonly HomeEffect[] {
  return [
    ...state.settings.sites.map((site) => ({ type: "read-store", site }) as const),
    ...state.settings.sites.map((site) => ({ type: "load-site", site }) as const),
  ];
}

/** Traces first, then the ledger: what a trace names was in the ledger before it was done. */
export function readTraces(state: HomeState): Decision | undefined {
  if (!state.lookedAgain) return ask(state, [listRobots, ...otherTraces(state)]);
  // A rebuild makes records of the robots: listed last, they are all that the other traces can name.
  return ask(state, otherTraces(state)) ?? ask(state, [listRobots]);
}

/**
 * A runner may have slept for hours between its look at the traces and the ledger, and what was minted meanwhile would
 * be missing from a rebuild. So a ledger is begun or rebuilt from a look that came after it was read; the save, which
 * expects the revision read, shows that nobody wrote to it in between.
 */
function readTracesAgain(state: HomeState): Decision {
  const again = new Set([listRobots, ...otherTraces(state)].map(effectId));
  const kept = Object.entries(state.replies).filter(([id]) => !again.has(id));
  return { do: "note", patch: { replies: Object.fromEntries(kept), lookedAgain: true } };
}

export function loadLedger(state: HomeState): Decision | undefined {
  return ask(state, [{ type: "load-ledger" }]);
}

/** No ledger: one is begun where nothing of ours is there yet, rebuilt where the home store still holds a value. */
export function beginLedger(state: HomeState, at: Instant): Decision {
  const { settings } = state;
  if (answerTo(state, { type: "load-ledger" }) === undefined) {
    const { kind, text } = failureOf(state, { type: "load-ledger" });
    const blocks = kind !== "unreachable" && kind !== "throttled";
    return stop(state, at, { code: "ledger-unreadable", text: `the home's ledger: ${text}`, blocks });
  }
  if (!state.lookedAgain) return readTracesAgain(state);
  const robots = answerTo(state, { type: "list-robots" })?.robots;
  if (robots === undefined) {
    const why = failureOf(state, { type: "list-robots" }).text;
    const text = `not begun: no ledger yet, and the registry cannot list robots: ${why}`;
    return stop(state, at, { code: "registry-unreadable", text, blocks: false });
  }
  // Home's first: with its value the ledger can be rebuilt, whatever a replica holds.
  for (const site of [settings.home, ...settings.sites.filter((other) => other !== settings.home)]) {
    const store = answerTo(state, { type: "read-store", site });
    if (store === undefined) {
      const why = failureOf(state, { type: "read-store", site }).text;
      const text = `not begun: no ledger yet, and the store of ${site} cannot be read: ${why}`;
      return stop(state, at, { code: "store-unreadable", text, blocks: false });
    }
    if (store.trace !== null) return recoverLost(state, at, site, store.trace);
  }
  const marked = robots.filter(
    (robot) => parseRobotMark(robot.username, robot.description)?.credential === settings.credential,
  );
  const [first] = marked;
  if (first !== undefined && settings.act?.type !== "start-new") {
    const text = `there is no ledger, but ${marked.length} robots bear this credential's mark (${first.username} …): another installation's, or a lost ledger. "rotate --start-new" begins a new one and leaves them alone`;
    return stop(state, at, { code: "unknown-robots", text, blocks: true });
  }
  if (settings.startRefused !== undefined) return stop(state, at, settings.startRefused);
  const ledger = newLedger(settings.credential, settings.draws.ledgerId, settings.sites);
  return { do: "save", ledger, why: "begun" };
}

/** Lost: the home store holds a value of ours, whose ledger id is taken again. A replica's value alone proves no home. */
function recoverLost(state: HomeState, at: Instant, site: string, trace: ValueTrace): Decision {
  const found = `there is no ledger, but the store of ${site} holds generation ${trace.generation} of ledger ${trace.ledgerId}`;
  if (site !== state.settings.home) {
    return stop(state, at, {
      code: "ledger-lost",
      text: `${found}: restore the ledger; nothing is written`,
      blocks: true,
    });
  }
  const text = `${found}: it was rebuilt, and a new generation is minted at once`;
  const problem: Problem = { code: "ledger-rebuilt", text, blocks: false };
  return {
    do: "save",
    ledger: rebuild(state, trace.ledgerId, null, at.localMs),
    why: "rebuilt",
    patch: { problems: [...state.problems, problem] },
  };
}

export function markOf(state: LedgerState, robot: { username: string; description: string }): RobotMark | null {
  const mark = parseRobotMark(robot.username, robot.description);
  if (mark === null) return null;
  return mark.ledgerId === state.ledger.ledgerId && mark.credential === state.settings.credential ? mark : null;
}

/** What shows that the ledger is older than the world; null: nothing does. */
export function behindBy(state: LedgerState): string | null {
  const { ledger } = state;
  const robots = robotsSeen(state);
  for (const robot of robots) {
    const mark = markOf(state, robot);
    if (mark !== null && mark.generation > ledger.generationMax)
      return `robot ${robot.username} is of generation ${mark.generation}, the ledger knows ${ledger.generationMax}`;
  }
  const known = new Set([ledger.current, ...ledger.replaced].map((generation) => generation?.robot.username));
  for (const site of allSites(state)) {
    const trace = answerTo(state, { type: "read-store", site })?.trace;
    if (trace?.ledgerId === ledger.ledgerId && trace.epoch > ledger.epoch)
      return `the store of ${site} is at epoch ${trace.epoch}, the ledger at ${ledger.epoch}`;
    const seen = siteSeen(state, site);
    if (seen?.ledgerId !== ledger.ledgerId) continue;
    if (seen.epoch > ledger.epoch) return `site ${site} has seen epoch ${seen.epoch}, the ledger is at ${ledger.epoch}`;
    // A mark alone may be anybody's edit; with a username of ours that the ledger does not know it is evidence.
    const higher = seen.report?.higher;
    if (
      higher &&
      higher.epoch > ledger.epoch &&
      !known.has(higher.username ?? undefined) &&
      robots.some((robot) => robot.username === higher.username && markOf(state, robot) !== null)
    ) {
      return `a target of ${site} is at epoch ${higher.epoch} with ${higher.username}, the ledger is at ${ledger.epoch}`;
    }
  }
  return null;
}

function stop(state: HomeState, at: Instant, problem: Problem): Decision {
  const nextAtMs = at.localMs + state.settings.limits.pollMs;
  const end = problem.blocks ? "blocked" : "waiting";
  return { do: "end", outcome: { end, nextAtMs, waits: [problem.text], problems: [...state.problems, problem] } };
}

/** The second look came after the ledger, and the guard of a deletion wants a look before it: the next tick has one. */
function changedMeanwhile(state: HomeState, at: Instant): Decision {
  const text = "stores or ledgers were changed while this runner looked at them";
  const problems = [...state.problems, { code: "lost-race", text, blocks: false }];
  const nextAtMs = at.localMs + state.settings.limits.pollMs;
  return { do: "end", outcome: { end: "lost-race", nextAtMs, waits: [text], problems } };
}

/** A ledger that is behind is never obeyed: it is rebuilt, by a save that expects exactly the revision read. */
export const rebuildBehind: Rule = (state, at) => {
  const { ledger } = state;
  // Judged against what was loaded: this tick's own promotions only move the ledger forward.
  const evidence = behindBy(state);
  if (evidence === null) return state.lookedAgain && state.saves === 0 ? changedMeanwhile(state, at) : undefined;
  if (!state.lookedAgain) return readTracesAgain(state);
  const found = `the ledger is older than the world (${evidence}): restored from a backup?`;
  if (answerTo(state, { type: "list-robots" }) === undefined) {
    return stop(state, at, {
      code: "ledger-behind",
      text: `${found} It is rebuilt once the registry can list robots`,
      blocks: false,
    });
  }
  if (rebuiltLately(state, ledger, at.localMs)) {
    const text = `${found} It was rebuilt less than a day ago: find out what restores it. Nothing is deleted or promoted; sites go on handing out what their stores hold`;
    return stop(state, at, { code: "ledger-behind-again", text, blocks: true });
  }
  const problem: Problem = {
    code: "ledger-rebuilt",
    text: `${found} It was rebuilt, and a new generation is minted at once`,
    blocks: false,
  };
  return {
    do: "save",
    ledger: rebuild(state, ledger.ledgerId, ledger, at.localMs),
    why: "rebuilt",
    patch: { due: null, problems: [...state.problems, problem] },
  };
};

export const respectLease: Rule = (state, at) => {
  const { lease } = state.ledger;
  const { owner, limits } = state.settings;
  if (!lease || lease.owner === owner || lease.untilMs <= at.localMs) return undefined;
  // A lease from a clock far ahead must not hold us for longer than a lease may last.
  if (lease.untilMs - at.localMs > 2 * limits.leaseMs) return undefined;
  return {
    do: "end",
    outcome: {
      end: "busy",
      nextAtMs: lease.untilMs,
      waits: ["another runner"],
      problems: [{ code: "lease-held", text: `another runner (${lease.owner}) is at work`, blocks: false }],
    },
  };
};

/** Each site is named before its store is first written. */
export const nameSites: Rule = (state) => {
  const { ledger } = state;
  const missing = state.settings.sites.filter((site) => !ledger.sites.includes(site));
  if (missing.length === 0) return undefined;
  return {
    do: "save",
    ledger: { ...ledger, sites: [...ledger.sites, ...missing] },
    why: `site ${missing.join(", ")} named`,
  };
};
