import type { PartReply } from "../listener.ts";
import { RateQuota } from "../rate-quota.ts";
import { answerRefusal, VaultRefusal } from "./vault-replies.ts";

const windowMs = 10_000;

/** How often one vault may be asked in ten seconds; a rate that is absent is not limited. */
export interface VaultRates {
  readonly requestsPer10sMax?: number;
  /** New versions of secrets, counted in the above too. */
  readonly setsPer10sMax?: number;
}

/** https://learn.microsoft.com/azure/key-vault/general/service-limits */
export const documentedVaultRates: Required<VaultRates> = { requestsPer10sMax: 4_000, setsPer10sMax: 300 };

export class VaultQuotas {
  readonly #requests: RateQuota;
  readonly #sets: RateQuota;

  constructor(rates: VaultRates) {
    this.#requests = new RateQuota(rates.requestsPer10sMax ?? Number.POSITIVE_INFINITY, windowMs);
    this.#sets = new RateQuota(rates.setsPer10sMax ?? Number.POSITIVE_INFINITY, windowMs);
  }

  /** The refusal (429 with `Retry-After`; it does not count), or null: taken. */
  refuse(kind: string, nowMs: number): PartReply | null {
    const setWaitMs = kind === "secret.set" ? this.#sets.take("vault", nowMs) : 0;
    const waitMs = setWaitMs > 0 ? setWaitMs : this.#requests.take("vault", nowMs);
    if (waitMs === 0) return null;
    const headers = { "retry-after": String(Math.ceil(waitMs / 1000)) };
    const message =
      "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached";
    return answerRefusal(new VaultRefusal(429, "Throttled", message, { headers }));
  }
}
