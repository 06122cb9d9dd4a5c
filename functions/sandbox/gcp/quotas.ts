import { RateQuota } from "../rate-quota.ts";
import { GcpRefusal } from "./refusal.ts";

/** How often a project may be asked; a rate that is absent is not limited. */
export interface GcpRates {
  /** AddSecretVersion and UpdateSecret, per global secret. */
  readonly secretWritesPerSecondMax?: number;
  /** Enable, disable, destroy, per version. */
  readonly versionChangesPerSecondMax?: number;
  /** Per project. */
  readonly writesPerMinuteMax?: number;
  readonly readsPerMinuteMax?: number;
  readonly accessesPerMinuteMax?: number;
}

/** https://docs.cloud.google.com/secret-manager/quotas */
export const documentedGcpRates: Required<GcpRates> = {
  secretWritesPerSecondMax: 2,
  versionChangesPerSecondMax: 1,
  writesPerMinuteMax: 600,
  readsPerMinuteMax: 600,
  accessesPerMinuteMax: 90_000,
};

/** What a request counts as. */
export type GcpCost = "secret-write" | "version-change" | "write" | "read" | "access";

/** The quotas of one project. A refused request uses up nothing. */
export class GcpQuotas {
  readonly #secretWrites: RateQuota;
  readonly #versionChanges: RateQuota;
  readonly #perMinute: Readonly<Record<"write" | "read" | "access", RateQuota>>;

  constructor(rates: GcpRates) {
    const of = (max: number | undefined, windowMs: number) => new RateQuota(max ?? Number.POSITIVE_INFINITY, windowMs);
    this.#secretWrites = of(rates.secretWritesPerSecondMax, 1000);
    this.#versionChanges = of(rates.versionChangesPerSecondMax, 1000);
    this.#perMinute = {
      write: of(rates.writesPerMinuteMax, 60_000),
      read: of(rates.readsPerMinuteMax, 60_000),
      access: of(rates.accessesPerMinuteMax, 60_000),
    };
  }

  /** Throws `RESOURCE_EXHAUSTED`. */
  take(cost: GcpCost, secretId: string, version: string, nowMs: number): void {
    const own =
      cost === "secret-write"
        ? this.#secretWrites.take(secretId, nowMs)
        : cost === "version-change"
          ? this.#versionChanges.take(`${secretId}/${version}`, nowMs)
          : 0;
    if (own > 0) throw new GcpRefusal("RESOURCE_EXHAUSTED", "Quota exceeded for write requests to this secret.");
    const shared = cost === "read" || cost === "access" ? cost : "write";
    if (this.#perMinute[shared].take("project", nowMs) > 0) {
      throw new GcpRefusal("RESOURCE_EXHAUSTED", `Quota exceeded for ${shared} requests per minute and project.`);
    }
  }
}
