import { hash } from "node:crypto";
import type { Login } from "../ports/registry.ts";
import { effectId, type HomeEffect } from "../protocol/effects.ts";
import { robotDescription, robotName, robotNamePrefix, slotName } from "../protocol/mark.ts";
import { Secret } from "../secret.ts";
import type { PortCall, Wanted } from "./calls.ts";
import { type HomeContext, homeLedgerKey, siteLedgerKey } from "./context.ts";
import { formatLedger } from "./ledger-text.ts";
import { encodeValue, type StoreValue } from "./value.ts";
import type { HeldValue, Vault } from "./vault.ts";

/** Derived, so that a repeated call is the same call. 32 hexadecimal characters. */
function tokenOf(...parts: readonly (string | number)[]): string {
  return hash("sha256", JSON.stringify(parts)).slice(0, 32);
}

/** What a staged value is to say: a fresh secret, or an older one under the next epoch. */
export function stagedValue(
  effect: Extract<HomeEffect, { type: "stage" }>,
  context: HomeContext,
  vault: Vault,
): StoreValue {
  const { ledgerId, epoch, generation, robot } = effect;
  if (effect.fromVersionId !== null)
    return { ...heldOf(vault, effect.fromVersionId).value, ledgerId, epoch, generation };
  return {
    ledgerId,
    epoch,
    generation,
    hashKey: context.hashKey,
    login: effect.drawn
      ? { username: robot.username, password: context.freshPassword }
      : mintedLogin(vault, effect.attempt),
    registryKey: context.registryKey,
    expiresAtMs: robot.expiresAtMs,
    robotId: robot.id,
  };
}

function mintedLogin(vault: Vault, attempt: string): Login {
  const minted = vault.minted[attempt];
  if (minted === undefined) throw new Error("a secret is staged by the tick that minted it");
  return { username: minted.username, password: minted.password };
}

/** Of one tick and robot; of letters of each kind, as Harbor's rule for secrets demands. */
function thrownAway(context: HomeContext, id: number): Secret {
  return new Secret(`Cp1${tokenOf(context.freshPassword.reveal(), id, "thrown away")}`);
}

function heldOf(vault: Vault, versionId: string): HeldValue {
  const held = vault.values[versionId];
  if (held === undefined) throw new Error("a value is used by the tick that read it");
  return held;
}

/** The call that carries out an effect. */
export function homeCall(effect: HomeEffect, context: HomeContext, vault: Vault): Wanted {
  return { id: effectId(effect), call: callOf(effect, context, vault) };
}

function callOf(effect: HomeEffect, context: HomeContext, vault: Vault): PortCall {
  const { registry, storeName: name, home } = context;
  switch (effect.type) {
    case "list-robots":
      return { call: "registry.list", on: registry, namePrefix: robotNamePrefix(context.credential) };
    case "mint": {
      const { generation, attempt, ledgerId } = effect;
      const { level, durationDays, permissions, credential } = context;
      const description = robotDescription({ ledgerId, credential, generation, attempt });
      return {
        call: "registry.mint",
        on: registry,
        request: {
          name: effect.slot ? slotName(credential, effect.slot) : robotName(credential, generation, attempt),
          description,
          level,
          durationDays,
          permissions,
        },
      };
    }
    case "renew": {
      const { id, username, lifeDays, generation, attempt, ledgerId } = effect;
      const { level, permissions, credential } = context;
      const description = robotDescription({ ledgerId, credential, generation, attempt });
      return {
        call: "registry.renew",
        on: registry,
        id,
        request: { username, description, level, durationDays: lifeDays, permissions },
      };
    }
    case "refresh": {
      const { id, versionId } = effect;
      const password = versionId === null ? thrownAway(context, id) : heldOf(vault, versionId).value.login.password;
      return { call: "registry.refresh", on: registry, id, password };
    }
    case "whoami":
      return { call: "registry.whoami", on: registry };
    case "read-robot":
      return { call: "registry.read", on: registry, id: effect.id };
    case "remove-robot":
      return { call: "registry.remove", on: registry, id: effect.id };
    case "prove": {
      const { login } = heldOf(vault, effect.versionId).value;
      // The others ask whether it logs in; a proof also whether it may pull.
      const scope =
        effect.purpose === "next" || effect.purpose === "last"
          ? context.proof
          : { ...context.proof, repository: null, ...(effect.purpose === "out" ? { once: true } : {}) };
      return { call: "registry.probe", on: registry, login, scope };
    }
    case "ask-usage":
      return { call: "usage.usedSince", on: registry, username: effect.username, sinceMs: effect.sinceMs };
    case "load-ledger":
      return { call: "ledger.load", on: home, key: homeLedgerKey(context) };
    case "save":
      return {
        call: "ledger.save",
        on: home,
        key: homeLedgerKey(context),
        expected: effect.expected,
        text: formatLedger(effect.ledger),
      };
    case "load-site":
      return { call: "ledger.load", on: effect.site, key: siteLedgerKey(context, effect.site) };
    case "stage": {
      const value = stagedValue(effect, context, vault);
      const { ledgerId, epoch, generation } = value;
      return {
        call: "store.stage",
        on: home,
        name,
        value: encodeValue(value),
        tag: { ledgerId, epoch, generation },
        token: tokenOf(ledgerId, effect.attempt, epoch, "stage"),
      };
    }
    case "read-version":
      return { call: "store.readVersion", on: home, name, versionId: effect.versionId };
    case "read-store":
      return { call: "store.readCurrent", on: effect.site, name };
    case "flip": {
      const { text, value } = heldOf(vault, effect.versionId);
      const { ledgerId, epoch, generation } = value;
      const stagedVersionId = effect.site === home ? effect.versionId : null;
      // With its username: after a ledger was restored, one epoch may have seen two values, and the second must go in.
      const token = tokenOf(ledgerId, effect.site, epoch, value.login.username, "flip");
      return {
        call: "store.flip",
        on: effect.site,
        name,
        request: {
          value: text,
          tag: { ledgerId, epoch, generation },
          token,
          replaces: effect.replaces,
          stagedVersionId,
        },
      };
    }
    case "read-round":
      return { call: "store.readRound", on: effect.site, name };
    case "write-round":
      return { call: "store.writeRound", on: effect.site, name, round: effect.round };
    case "list-versions":
      return { call: "store.listVersions", on: effect.site, name };
    case "discard":
      return { call: "store.discard", on: effect.site, name, versionIds: effect.versionIds };
  }
}
