import { Pace, type PaceOptions } from "../http/pace.ts";
import { system } from "./reply-shapes.ts";

/** User guide, "AWS Secrets Manager quotas": of one account and region. */
export interface AwsRateLimits {
  /** PutSecretValue and UpdateSecretVersionStage together; CreateSecret is counted in. */
  readonly writesPerSecondMax: number;
  /** DescribeSecret and GetSecretValue together. */
  readonly readsPerSecondMax: number;
}

/** Waits for the turn of one operation. Throws as `Pace.turn`. */
export function createAwsPace(limits: AwsRateLimits, options: PaceOptions): (operation: string) => Promise<void> {
  const writes = new Pace({ max: limits.writesPerSecondMax, windowMs: 1_000 }, options);
  const reads = new Pace({ max: limits.readsPerSecondMax, windowMs: 1_000 }, options);
  return (operation) => {
    const pace = operation === "DescribeSecret" || operation === "GetSecretValue" ? reads : writes;
    return pace.turn("of the account", { system, operation });
  };
}
