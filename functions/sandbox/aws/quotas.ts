import { RateQuota } from "../rate-quota.ts";
import { AwsRefusal } from "./replies.ts";

/** How often Secrets Manager of one account and region may be asked; a rate that is absent is not limited. */
export interface AwsRates {
  /** PutSecretValue, UpdateSecret, UpdateSecretVersionStage together. */
  readonly writesPerSecondMax?: number;
  /** RotateSecret and CancelRotateSecret together. */
  readonly rotationsPerSecondMax?: number;
  /** DescribeSecret and GetSecretValue together. */
  readonly readsPerSecondMax?: number;
}

/** User guide, "AWS Secrets Manager quotas" (reference_limits). */
export const documentedAwsRates: Required<AwsRates> = {
  writesPerSecondMax: 50,
  rotationsPerSecondMax: 50,
  readsPerSecondMax: 10_000,
};

const groups: Readonly<Record<string, keyof AwsRates>> = {
  PutSecretValue: "writesPerSecondMax",
  UpdateSecretVersionStage: "writesPerSecondMax",
  RotateSecret: "rotationsPerSecondMax",
  CancelRotateSecret: "rotationsPerSecondMax",
  DescribeSecret: "readsPerSecondMax",
  GetSecretValue: "readsPerSecondMax",
};

export class AwsQuotas {
  readonly #quotas: Readonly<Record<keyof AwsRates, RateQuota>>;

  constructor(rates: AwsRates) {
    const of = (max: number | undefined) => new RateQuota(max ?? Number.POSITIVE_INFINITY, 1000);
    this.#quotas = {
      writesPerSecondMax: of(rates.writesPerSecondMax),
      rotationsPerSecondMax: of(rates.rotationsPerSecondMax),
      readsPerSecondMax: of(rates.readsPerSecondMax),
    };
  }

  /** Throws `ThrottlingException`: HTTP 400, without `Retry-After`. Operations of no group are not limited. */
  take(operation: string, nowMs: number): void {
    const group = groups[operation];
    if (group !== undefined && this.#quotas[group].take("account", nowMs) > 0) {
      throw new AwsRefusal("ThrottlingException", "Rate exceeded");
    }
  }
}
