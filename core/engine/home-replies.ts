import type { HomeEffect, HomeReplies, Reply } from "../protocol/effects.ts";
import { judgeEndpoints } from "../protocol/proof.ts";
import type { HomeLedger } from "../protocol/state.ts";
import { dueBySchedule, latestStart } from "../schedule/due.ts";
import type { CallFailure, CallReply, CallResults } from "./calls.ts";
import type { HomeContext } from "./context.ts";
import { stagedValue } from "./home-calls.ts";
import { homeLedgerOf, LedgerTextError, siteLedgerOf } from "./ledger-text.ts";
import { decodeValue, hashOf, traceOf } from "./value.ts";
import type { Vault } from "./vault.ts";

/** A call's reply in the protocol's words; secrets stay behind in the vault. */
export interface HomeAnswer {
  readonly reply: Reply<HomeReplies[HomeEffect["type"]]>;
  readonly vault: Vault;
  readonly serverMs: number | null;
}

const invalid = (text: string): { readonly ok: false; readonly failure: CallFailure } => ({
  ok: false,
  failure: { kind: "invalid", text },
});

export function homeAnswer(effect: HomeEffect, reply: CallReply, context: HomeContext, vault: Vault): HomeAnswer {
  if (!reply.ok) return failed(effect, reply.failure, vault);
  const serverMs = serverMsOf(reply.value);
  const good = (value: HomeReplies[HomeEffect["type"]], kept: Vault = vault): HomeAnswer => ({
    reply: { ok: true, value },
    vault: kept,
    serverMs,
  });
  const bad = (text: string): HomeAnswer => ({ reply: invalid(text), vault, serverMs });

  switch (effect.type) {
    case "mint": {
      const robot = reply.value as CallResults["registry.mint"];
      const { id, username, createdAtMs, expiresAtMs } = robot;
      return good(
        { id, username, createdAtMs, expiresAtMs },
        { ...vault, minted: { ...vault.minted, [effect.attempt]: robot } },
      );
    }
    case "prove":
      return good({ verdict: judgeEndpoints((reply.value as CallResults["registry.probe"]).endpoints) });
    case "whoami":
      return good({ readOnly: (reply.value as CallResults["registry.whoami"]).readOnly });
    case "stage":
      return good({
        versionId: (reply.value as CallResults["store.stage"]).versionId,
        hash: hashOf(stagedValue(effect, context, vault)),
      });
    case "read-version":
      return readVersion(effect.versionId, reply.value as CallResults["store.readVersion"], vault);
    case "read-store": {
      const current = reply.value as CallResults["store.readCurrent"];
      if (current === null) return good({ versionId: null, trace: null });
      const decoded = decodeValue(current.value);
      if (decoded.is === "newer") return bad(newerText(decoded.format));
      return good({ versionId: current.versionId, trace: decoded.is === "ours" ? traceOf(decoded.value) : null });
    }
    case "load-ledger":
      return parsed(bad, () => {
        const { record } = reply.value as CallResults["ledger.load"];
        const ledger = record === null ? null : homeLedgerOf(record);
        return good({ ledger, revision: record?.revision ?? null, due: dueOf(ledger, context) });
      });
    case "load-site":
      return parsed(bad, () => {
        const { record } = reply.value as CallResults["ledger.load"];
        return good({ ledger: record === null ? null : siteLedgerOf(record) });
      });
    case "read-round":
      return good({ round: reply.value as CallResults["store.readRound"] });
    case "list-versions":
      return good({ versions: reply.value as CallResults["store.listVersions"] });
    case "renew":
    case "refresh":
    case "remove-robot":
    case "write-round":
    case "discard":
      return good(null);
    default:
      // list-robots, read-robot, save, flip, ask-usage: the port already speaks the protocol's words.
      return good(reply.value as HomeReplies[HomeEffect["type"]]);
  }
}

/** Registry and ledger say what their clock was. */
function serverMsOf(value: unknown): number | null {
  if (typeof value !== "object" || value === null || !("serverMs" in value)) return null;
  return typeof value.serverMs === "number" ? value.serverMs : null;
}

function failed(effect: HomeEffect, failure: CallFailure, vault: Vault): HomeAnswer {
  // Absent is an answer here: a robot that is gone is what some rules wait for.
  if (effect.type === "read-robot" && failure.kind === "not-found")
    return { reply: { ok: true, value: { robot: null } }, vault, serverMs: null };
  return { reply: { ok: false, failure }, vault, serverMs: null };
}

function readVersion(versionId: string, read: CallResults["store.readVersion"], vault: Vault): HomeAnswer {
  const decoded = decodeValue(read.value);
  if (decoded.is === "newer") return { reply: invalid(newerText(decoded.format)), vault, serverMs: null };
  if (decoded.is === "foreign") return { reply: { ok: true, value: { trace: null } }, vault, serverMs: null };
  const held = { text: read.value, value: decoded.value };
  return {
    reply: { ok: true, value: { trace: traceOf(decoded.value) } },
    vault: { ...vault, values: { ...vault.values, [versionId]: held } },
    serverMs: null,
  };
}

export function newerText(format: number): string {
  return `the value is of format ${format}: install capstan ${format}.x or newer; nothing is written`;
}

function parsed(bad: (text: string) => HomeAnswer, read: () => HomeAnswer): HomeAnswer {
  try {
    return read();
  } catch (error) {
    if (error instanceof LedgerTextError) return bad(error.message);
    throw error;
  }
}

/** Worked out anew at every tick: by the schedule, and by the current robot's expiry as the registry says it. */
export function dueOf(ledger: HomeLedger | null, context: HomeContext) {
  if (!ledger?.current) return null;
  const { generation, promotedAtMs, robot } = ledger.current;
  const { credential, scheduleRules, distributionMaxMs, drainMs, marginMs } = context;
  const schedule = dueBySchedule(scheduleRules, { credential, generation, promotedAtMs });
  const expiryMs = latestStart({ expiresAtMs: robot.expiresAtMs, distributionMaxMs, drainMs, marginMs });
  return { scheduleMs: schedule?.dueMs ?? null, expiryMs };
}
