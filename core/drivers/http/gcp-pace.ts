import { Pace, type PaceOptions } from "./pace.ts";

/** https://docs.cloud.google.com/secret-manager/quotas, for global secrets. */
export interface GcpRateLimits {
  /** AddSecretVersion and UpdateSecret, of one secret. */
  readonly secretWritesPerSecondMax: number;
  /** Enabling, disabling and destroying, of one version. */
  readonly versionChangesPerSecondMax: number;
  /** All writes, all reads and all accesses to values, of one project. */
  readonly writesPerMinuteMax: number;
  readonly readsPerMinuteMax: number;
  readonly accessesPerMinuteMax: number;
}

/** Waits for the turn of one call; `subject` is the secret or version. Throws as `Pace.turn`. */
export type GcpPace = (operation: string, subject: string, system: string) => Promise<void>;

/** One for all drivers that speak to the same project, since they share its quotas. */
export function createGcpPace(limits: GcpRateLimits, options: PaceOptions): GcpPace {
  const of = (max: number, windowMs: number) => new Pace({ max, windowMs }, options);
  const secretWrites = of(limits.secretWritesPerSecondMax, 1_000);
  const versionChanges = of(limits.versionChangesPerSecondMax, 1_000);
  const perMinute = {
    writes: of(limits.writesPerMinuteMax, 60_000),
    reads: of(limits.readsPerMinuteMax, 60_000),
    accesses: of(limits.accessesPerMinuteMax, 60_000),
  };
  return async (operation, subject, system) => {
    const where = { system, operation };
    // The narrow one first: what waits for its own secret does not hold up the others.
    if (operation === "AddSecretVersion" || operation === "UpdateSecret") await secretWrites.turn(subject, where);
    if (operation === "DestroySecretVersion") await versionChanges.turn(subject, where);
    const kind = /^(Get|List)/.test(operation) ? "reads" : operation === "AccessSecretVersion" ? "accesses" : "writes";
    await perMinute[kind].turn("of the project", where);
  };
}
