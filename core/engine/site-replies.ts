import type { SecretFacts } from "../ports/cluster.ts";
import type { Reply } from "../protocol/effects.ts";
import { installationLabel, markAnnotationPrefix } from "../protocol/mark.ts";
import { judgeEndpoints } from "../protocol/proof.ts";
import type { SiteEffect, SiteReplies, TargetSeen } from "../protocol/site-effects.ts";
import { copyTraces, keyedHash } from "../pullsecret/index.ts";
import type { CallReply, CallResults } from "./calls.ts";
import type { SiteContext } from "./context.ts";
import { newerText } from "./home-replies.ts";
import { LedgerTextError, siteLedgerOf } from "./ledger-text.ts";
import type { SiteVault } from "./site-calls.ts";
import { syncText } from "./sync-text.ts";
import { decodeValue, type StoreValue, traceOf } from "./value.ts";

export interface SiteAnswer {
  readonly reply: Reply<SiteReplies[SiteEffect["type"]]>;
  readonly vault: SiteVault;
}

/** What the protocol may know of a Secret: names and a keyed hash, never the password. */
export function targetSeen(facts: SecretFacts, context: SiteContext, value: StoreValue | null): TargetSeen {
  const { namespace, name, uid, resourceVersion, type, immutable, otherOwners, content } = facts;
  const malformed =
    content.state === "malformed"
      ? `${content.entry === null ? "its content" : `the entry ${content.entry}`} is malformed (${content.why}): every pull of its pods fails`
      : null;
  const copy = copyTraces(facts);
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    type,
    immutable,
    otherOwners,
    ...(copy === null ? {} : { copy }),
    malformed,
    installation: facts.labels[installationLabel] ?? null,
    marks: Object.fromEntries(
      Object.entries(facts.annotations).filter(([key]) => key.startsWith(markAnnotationPrefix)),
    ),
    ...loginSeen(facts, context, value),
  };
}

/** A masked password is told by the username, which no other generation has, and by its working where it is kept. */
function loginSeen(
  { content }: SecretFacts,
  context: SiteContext,
  value: StoreValue | null,
): Pick<TargetSeen, "username" | "hash"> {
  if (content.state === "masked") {
    const ours = value !== null && content.works && content.username === value.login.username;
    return { username: content.username, hash: ours ? traceOf(value).hash : null };
  }
  const login = content.state === "parsed" ? (content.logins[context.registryKey] ?? null) : null;
  return { username: login?.username ?? null, hash: login === null ? null : keyedHash(value?.hashKey ?? "", login) };
}

export function siteAnswer(effect: SiteEffect, reply: CallReply, context: SiteContext, vault: SiteVault): SiteAnswer {
  if (!reply.ok) return { reply: { ok: false, failure: reply.failure }, vault };
  const good = (value: SiteReplies[SiteEffect["type"]], kept: SiteVault = vault): SiteAnswer => ({
    reply: { ok: true, value },
    vault: kept,
  });
  const held = vault.value?.value ?? null;
  switch (effect.type) {
    case "load-site-ledger":
    case "reload-ledger":
      return loaded(effect.type, reply.value as CallResults["ledger.load"], vault);
    case "save-site":
      return good({ revision: (reply.value as CallResults["ledger.save"]).revision });
    case "read-round":
      return good({ round: reply.value as CallResults["store.readRound"] });
    case "read-value": {
      const current = reply.value as CallResults["store.readCurrent"];
      if (current === null) return good({ trace: null, present: false });
      const decoded = decodeValue(current.value);
      if (decoded.is === "newer")
        return { reply: { ok: false, failure: { kind: "invalid", text: newerText(decoded.format) } }, vault };
      if (decoded.is === "foreign") return good({ trace: null, present: true });
      return good(
        { trace: traceOf(decoded.value), present: true },
        { ...vault, value: { text: current.value, value: decoded.value } },
      );
    }
    case "prove-value":
    case "prove-copy":
      return good({ verdict: judgeEndpoints((reply.value as CallResults["registry.probe"]).endpoints) });
    case "list-namespaces":
      return good({ namespaces: reply.value as CallResults["cluster.listNamespaces"] });
    case "list-secrets": {
      const { secrets, continueToken } = reply.value as CallResults["cluster.listSecrets"];
      return good({ targets: secrets.map((facts) => targetSeen(facts, context, held)), continueToken });
    }
    case "read-target": {
      const facts = reply.value as CallResults["cluster.readSecret"];
      return good(
        { target: facts === null ? null : targetSeen(facts, context, held) },
        withCopy(vault, effect.cluster, facts, context),
      );
    }
    case "read-sync":
      return good({ text: syncText(reply.value as CallResults["cluster.readExternalSecret"], effect.name) });
    case "create-target":
      return good({ target: targetSeen(reply.value as CallResults["cluster.createEmptySecret"], context, held) });
    case "apply-target":
      return good({ tookMs: reply.tookMs ?? null });
  }
}

function withCopy(vault: SiteVault, cluster: string, facts: SecretFacts | null, context: SiteContext): SiteVault {
  const login = facts?.content.state === "parsed" ? facts.content.logins[context.registryKey] : null;
  // The credential itself as it came back, whatever it should be: that is what gets tried.
  return login && login.username === vault.value?.value.login.username
    ? { ...vault, copies: { ...vault.copies, [cluster]: login } }
    : vault;
}

function loaded(
  type: "load-site-ledger" | "reload-ledger",
  value: CallResults["ledger.load"],
  vault: SiteVault,
): SiteAnswer {
  try {
    const ledger = value.record === null ? null : siteLedgerOf(value.record);
    const answer =
      type === "load-site-ledger"
        ? { ledger, revision: value.record?.revision ?? null }
        : { ledgerId: ledger?.ledgerId ?? null, epoch: ledger?.epoch ?? 0 };
    return { reply: { ok: true, value: answer }, vault };
  } catch (error) {
    if (error instanceof LedgerTextError)
      return { reply: { ok: false, failure: { kind: "invalid", text: error.message } }, vault };
    throw error;
  }
}
