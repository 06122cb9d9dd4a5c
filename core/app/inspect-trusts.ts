import type { SiteConfig } from "../config/complete.ts";
import { lookup } from "../config/lookup.ts";
import { PortError } from "../ports/errors.ts";
import { type CloudName, type TrustFault, TrustRefused } from "../ports/trust.ts";
import type { Problem } from "../protocol/home-state.ts";
import { credentialOf, sitesOf } from "./settings.ts";
import type { Tools } from "./tools.ts";
import { trustCommands } from "./trust-commands.ts";

/**
 * - `works`: home's identity got in just now.
 * - `missing`: it was refused; `commands` make the trust.
 * - `unknown`: no answer, or one that says nothing about trust.
 * - `not-tried`: this process does not have home's identity.
 * - `not-configured`: home's runner is in another cloud, and the file names no way in.
 */
export type TrustVerdict = "works" | "missing" | "unknown" | "not-tried" | "not-configured";

/** How home's runner gets into one other site's account. */
export interface TrustLook {
  readonly site: string;
  readonly from: CloudName;
  readonly verdict: TrustVerdict;
  /** With `missing`; null otherwise. */
  readonly fault: TrustFault | null;
  readonly text: string;
  /** For a shell, in order. */
  readonly commands: readonly string[];
}

const clouds: readonly CloudName[] = ["aws", "azure", "gcp"];
const cloudOf = (site: SiteConfig | undefined) => clouds.find((cloud) => cloud === site?.kind) ?? null;

/** Logs in to every site that home's runner must get into from another cloud; writes nothing anywhere. */
export async function lookAtTrusts(tools: Tools, name: string): Promise<readonly TrustLook[]> {
  const credential = credentialOf(tools.config, name);
  const from = cloudOf(lookup(tools.config.sites, credential.home)) ?? tools.platform;
  if (from === null) return [];
  const looks = sitesOf(credential).map((site) => lookAt(tools, site, from));
  return (await Promise.all(looks)).filter((look) => look !== null);
}

async function lookAt(tools: Tools, name: string, from: CloudName): Promise<TrustLook | null> {
  const site = lookup(tools.config.sites, name);
  const cloud = cloudOf(site);
  if (site === undefined || cloud === null || cloud === from) return null;
  const about = { site: name, from, fault: null, commands: [] };
  const inspection = tools.trusts[name];
  if (inspection !== undefined && inspection.from === from) return tried(inspection.tryLogin(), site, about);
  if (hasFederation(site, from)) {
    const text = `not tried from here: home's runner gets in by its ${from} identity (CAPSTAN_CLOUD=${from} tries it where that is)`;
    return { ...about, verdict: "not-tried", text };
  }
  // A machine outside may have logins of its own to all of them.
  if (hasLogin(site) || tools.platform !== from) return null;
  const text = `home's runner is at ${from}, and nothing says how it gets in: write sites.${name}.federation.${from}`;
  return { ...about, verdict: "not-configured", text };
}

async function tried(
  login: Promise<void>,
  site: SiteConfig,
  about: Omit<TrustLook, "verdict" | "text">,
): Promise<TrustLook> {
  try {
    await login;
    return { ...about, verdict: "works", text: `home's ${about.from} identity gets in` };
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    if (!(error instanceof TrustRefused)) return { ...about, verdict: "unknown", text: error.message };
    const { fault, presented, message } = error;
    const commands = trustCommands({ site, from: about.from, fault, presented });
    return { ...about, verdict: "missing", fault, text: message, commands };
  }
}

function hasFederation(site: SiteConfig, from: CloudName): boolean {
  if (site.kind !== "aws" && site.kind !== "azure" && site.kind !== "gcp") return false;
  return (site.federation as Readonly<Record<string, unknown>> | undefined)?.[from] !== undefined;
}

/** A login that is no identity of the platform, and so holds wherever the runner is. */
function hasLogin(site: SiteConfig): boolean {
  if (site.kind === "aws") return site.credentials !== undefined;
  return (site.kind === "azure" || site.kind === "gcp") && site.credential.kind === "token";
}

/** Trusts that are missing, for who reads problems and no plan. */
export async function trustProblems(tools: Tools, name: string): Promise<readonly Problem[]> {
  const missing = (await lookAtTrusts(tools, name)).filter(({ verdict }) => verdict === "missing");
  return missing.map(({ site, text, commands }) => {
    const mend = commands.length === 0 ? "" : `; make the trust with: ${commands.join("; ")}`;
    return { code: "trust-missing", text: `${site}: ${text}${mend}`, blocks: false };
  });
}

/** A site that is logged in to with keys that do not end by themselves. */
export interface StaticKeys {
  readonly site: string;
  readonly text: string;
}

const staticText =
  "keys that do not end (credentials without sessionToken): whoever copies them has them until they are deleted; a role, or federation from another cloud, does without";

export function staticKeys(tools: Tools, name: string): readonly StaticKeys[] {
  return sitesOf(credentialOf(tools.config, name)).flatMap((site) => {
    const found = lookup(tools.config.sites, site);
    const isStatic =
      found?.kind === "aws" && found.credentials?.sessionToken === undefined && found.credentials !== undefined;
    return isStatic ? [{ site, text: staticText }] : [];
  });
}
