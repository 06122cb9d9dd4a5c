import { isAgentSite } from "../config/agents.ts";
import { type Config, type CredentialConfig, drainMsOf, type TargetConfig } from "../config/complete.ts";
import { sourceOf } from "../config/sources.ts";
import type { AutoStrategy } from "../engine/choose-strategy.ts";
import type { HomeContext, SiteContext } from "../engine/context.ts";
import type { Entropy } from "../ports/entropy.ts";
import type { Act, HomeSettings } from "../protocol/settings.ts";
import type { ClusterPlan, SiteSettings, TargetPlan, TargetWriter } from "../protocol/site-effects.ts";
import type { MadeOf } from "../protocol/state.ts";
import { Secret } from "../secret.ts";
import { rightsText } from "./rights.ts";

/** So long without being taken back: a target is no longer contested (rotation.md). */
const contestedEndsMs = 24 * 3_600_000;

/** What a tick is given besides the configuration. */
export interface TickInputs {
  readonly nowMs: number;
  readonly entropy: Entropy;
  /** Names this runner in leases; unique per process. */
  readonly owner: string;
  /** No new effect is begun after this moment. */
  readonly deadlineMs: number;
  /** The next wave of targets is opened whatever the one before came to. Absent: not. */
  readonly resume?: boolean | undefined;
  /** Nor after this fires. */
  readonly signal?: AbortSignal | undefined;
}

export function credentialOf(config: Config, name: string): CredentialConfig {
  const credential = config.credentials[name];
  if (credential === undefined) throw new Error(`no credential ${name} in the configuration`);
  return credential;
}

/** All sites of a credential, home first. */
export function sitesOf(credential: Pick<CredentialConfig, "home" | "sites">): readonly string[] {
  return [credential.home, ...credential.sites];
}

/** What the file says that a generation is made of. With `auto` the strategy is settled when the ledger is read (`settle-strategy.ts`). */
export function madeOfNow({ registry, strategy, robot }: CredentialConfig): MadeOf {
  const { level, durationDays, permissions } = robot;
  const made = strategy === "auto" ? "generations" : strategy;
  return { registry, strategy: made, level, durationDays, rights: rightsText(permissions) };
}

/** Sites whose runners a process plays that was asked for no site: agents play their own. */
export function playedSitesOf(config: Config, credential: Pick<CredentialConfig, "home" | "sites">): readonly string[] {
  return sitesOf(credential).filter((site) => !isAgentSite(config, site));
}

/** Name of the registry's port: robots of a project are listed by a driver of their own. */
export function registryPortOf(credential: CredentialConfig): string {
  const { level, permissions } = credential.robot;
  return level === "system" ? credential.registry : `${credential.registry}/${permissions[0]?.namespace ?? ""}`;
}

function common(config: Config, name: string) {
  const credential = credentialOf(config, name);
  return {
    credential: name,
    installation: config.installation,
    registry: registryPortOf(credential),
    registryKey: credential.registryHost,
    proof: credential.proof,
    storeName: credential.storeName,
  };
}

/** What is left of a robot's life must at least cover handing it out, draining its successor's predecessor, and the margin. */
function lifeLeftMinMs(credential: CredentialConfig): number {
  return credential.distributionMaxMs + drainMsOf(credential.drain) + credential.marginMs;
}

/** `auto`: what the strategy is chosen by; null where the file names it. */
export function homeInput(
  config: Config,
  name: string,
  inputs: TickInputs,
  act: Act | null,
  auto: AutoStrategy | null,
): { readonly context: HomeContext; readonly settings: HomeSettings } {
  const credential = credentialOf(config, name);
  const { level, durationDays, permissions } = credential.robot;
  const drainMs = drainMsOf(credential.drain);
  const { entropy } = inputs;
  const { refusedChecks, ...limits } = credential.limits;
  return {
    context: {
      ...common(config, name),
      home: credential.home,
      level,
      durationDays,
      permissions,
      scheduleRules: credential.rotate.rules,
      distributionMaxMs: credential.distributionMaxMs,
      drainMs,
      marginMs: credential.marginMs,
      hashKey: entropy.hex(16),
      // A letter of each kind in front, as Harbor's rule for secrets demands.
      freshPassword: new Secret(`Cp1${entropy.hex(24)}`),
      auto,
    },
    settings: {
      credential: name,
      owner: inputs.owner,
      home: credential.home,
      sites: sitesOf(credential),
      canarySite: credential.canarySite,
      madeOf: madeOfNow(credential),
      limits: {
        ...limits,
        drainMs,
        refusedCountMin: refusedChecks.count,
        refusedSpanMs: refusedChecks.spanMs,
        lifeLeftMinMs: lifeLeftMinMs(credential),
        marginMs: credential.marginMs,
      },
      act,
      deadlineMs: inputs.deadlineMs,
      draws: { ledgerId: entropy.hex(16), attempt: entropy.hex(4), round: entropy.hex(16) },
    },
  };
}

/** The clusters of one site with what they are to hold, in the file's order. */
function clusterPlans(config: Config, credential: CredentialConfig, site: string): readonly ClusterPlan[] {
  const plans = new Map<string, TargetPlan[]>();
  for (const target of credential.targets) {
    for (const cluster of target.clusters) {
      if (config.clusters[cluster]?.site !== site) continue;
      const { namespaces, secret, adopt, repair } = target;
      const plan: TargetPlan = { namespaces, secret, adopt, repair, writer: writerOf(target) };
      plans.set(cluster, [...(plans.get(cluster) ?? []), plan]);
    }
  }
  return [...plans].map(([cluster, targets]) => ({
    cluster,
    canary: config.clusters[cluster]?.canary ?? false,
    rights: config.clusters[cluster]?.rights ?? "list",
    targets,
  }));
}

function writerOf(target: TargetConfig): TargetWriter | undefined {
  const { by } = target;
  if (by === "capstan") return undefined;
  return by === "external-secrets" ? { by } : { by, source: sourceOf(target) ?? "" };
}

export function siteInput(
  config: Config,
  name: string,
  site: string,
  inputs: TickInputs,
): { readonly context: SiteContext; readonly settings: SiteSettings } {
  const credential = credentialOf(config, name);
  const { targetsPerTickMax, concurrencyPerClusterMax, ...limits } = credential.limits;
  return {
    context: { ...common(config, name), site },
    settings: {
      credential: name,
      installation: config.installation,
      site,
      clusters: clusterPlans(config, credential, site),
      limits: {
        targetWritesPerTickMax: targetsPerTickMax,
        concurrencyPerClusterMax,
        triesPerTargetMax: 3,
        canaryWaitMaxMs: limits.canaryWaitMaxMs,
        waves: limits.waves,
        waveFailuresMax: limits.waveFailuresMax,
        waveSlowdownMax: limits.waveSlowdownMax,
        waveLatencyMinMs: limits.waveLatencyMinMs,
        waveWaitMaxMs: limits.waveWaitMaxMs,
        contestedPauseMs: limits.contestedPauseMs,
        contestedPauseMaxMs: limits.contestedPauseMaxMs,
        contestedEndsMs,
        pollMs: limits.pollMs,
      },
      resume: inputs.resume ?? false,
      deadlineMs: inputs.deadlineMs,
    },
  };
}
