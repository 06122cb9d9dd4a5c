import type { Login } from "../ports/registry.ts";
import { installationLabel, managedByLabel } from "../protocol/mark.ts";
import { type SiteEffect, siteEffectId } from "../protocol/site-effects.ts";
import type { PortCall, Wanted } from "./calls.ts";
import { type SiteContext, siteLedgerKey } from "./context.ts";
import { formatLedger } from "./ledger-text.ts";
import type { HeldValue } from "./vault.ts";

/** The value to hand out, and per cluster the credential as last read back from there. */
export interface SiteVault {
  readonly value: HeldValue | null;
  readonly copies: Readonly<Record<string, Login>>;
}

function labels(context: SiteContext): Readonly<Record<string, string>> {
  return { [managedByLabel]: "capstan", [installationLabel]: context.installation };
}

function loginOf(vault: SiteVault): Login {
  if (vault.value === null) throw new Error("a value is handed out by the tick that read it");
  return vault.value.value.login;
}

export function siteCall(effect: SiteEffect, context: SiteContext, vault: SiteVault): Wanted {
  return { id: siteEffectId(effect), call: callOf(effect, context, vault) };
}

function callOf(effect: SiteEffect, context: SiteContext, vault: SiteVault): PortCall {
  const { site, storeName: name, registry } = context;
  switch (effect.type) {
    case "load-site-ledger":
    case "reload-ledger":
      return { call: "ledger.load", on: site, key: siteLedgerKey(context, site) };
    case "save-site":
      return {
        call: "ledger.save",
        on: site,
        key: siteLedgerKey(context, site),
        expected: effect.expected,
        text: formatLedger(effect.ledger),
      };
    case "read-round":
      return { call: "store.readRound", on: site, name };
    case "read-value":
      return { call: "store.readCurrent", on: site, name };
    case "prove-value":
      return { call: "registry.probe", on: registry, login: loginOf(vault), scope: context.proof };
    case "prove-copy":
      return {
        call: "registry.probe",
        on: registry,
        login: vault.copies[effect.cluster] ?? loginOf(vault),
        scope: context.proof,
      };
    case "list-namespaces":
      return { call: "cluster.listNamespaces", on: effect.cluster, query: effect.query };
    case "list-secrets":
      return {
        call: "cluster.listSecrets",
        on: effect.cluster,
        labelSelector: `${installationLabel}=${context.installation}`,
        continueToken: effect.continueToken,
      };
    case "read-target":
      return { call: "cluster.readSecret", on: effect.cluster, namespace: effect.namespace, name: effect.name };
    case "read-sync":
      return { call: "cluster.readExternalSecret", on: effect.cluster, namespace: effect.namespace, name: effect.name };
    case "create-target":
      return {
        call: "cluster.createEmptySecret",
        on: effect.cluster,
        namespace: effect.namespace,
        name: effect.name,
        labels: labels(context),
      };
    case "apply-target": {
      const { cluster, namespace, name: secret, uid, resourceVersion, marks, adopt, repair } = effect;
      return {
        call: "cluster.applySecret",
        on: cluster,
        write: {
          namespace,
          name: secret,
          uid,
          resourceVersion,
          logins: { [context.registryKey]: loginOf(vault) },
          annotations: marks,
          labels: labels(context),
          force: adopt,
          repair,
        },
      };
    }
  }
}
