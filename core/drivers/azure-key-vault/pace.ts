import { Pace, type PaceOptions } from "../http/pace.ts";
import { system } from "./names.ts";

/** https://learn.microsoft.com/azure/key-vault/general/service-limits: of one vault. */
export interface VaultRateLimits {
  readonly requestsPer10sMax: number;
  /** New versions of secrets, counted in the above too. */
  readonly setsPer10sMax: number;
}

/** Waits for the turn of one request, a challenge's too. Throws as `Pace.turn`. */
export function createVaultPace(limits: VaultRateLimits, options: PaceOptions): (method: string) => Promise<void> {
  const requests = new Pace({ max: limits.requestsPer10sMax, windowMs: 10_000 }, options);
  const sets = new Pace({ max: limits.setsPer10sMax, windowMs: 10_000 }, options);
  return async (method) => {
    const where = { system, operation: "request" };
    if (method === "PUT") await sets.turn("of the vault", where);
    await requests.turn("of the vault", where);
  };
}
