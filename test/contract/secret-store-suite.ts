import type { SecretStore } from "../../core/ports/secret-store.ts";
import { type ContractCase, type ContractOptions, describeContract } from "./contract-case.ts";
import { flipCases } from "./secret-store-flip-cases.ts";
import { historyCases } from "./secret-store-history-cases.ts";
import { limitCases } from "./secret-store-limit-cases.ts";
import { stagingCases } from "./secret-store-staging-cases.ts";
import { togetherCases } from "./secret-store-together-cases.ts";
import { upkeepCases } from "./secret-store-upkeep-cases.ts";
import { valueCases } from "./secret-store-value-cases.ts";
import { type StoreFaults, type StoreWay, storeWays } from "./secret-store-ways.ts";

export interface SecretStoreHarness {
  readonly store: SecretStore;
  close(): Promise<void>;
  /** False where the store cannot refuse a stale writer at the moment of writing (Key Vault). */
  readonly fence: boolean;
  /** A version id in the driver's own form that was never given out; without it a UUID is used. */
  readonly unknownVersionId?: string;
  /** Requests that the server has seen; absent where there is none. */
  readonly requests?: () => number;
  /** Absent: no server that could misbehave. */
  readonly misbehave?: StoreFaults;
}

export type SecretStoreCase = ContractCase<SecretStoreHarness>;

/** Every promise of `core/ports/secret-store.ts`, in the order in which a rotation meets them. */
export const secretStoreCases: readonly SecretStoreCase[] = [
  ...stagingCases,
  ...flipCases,
  ...upkeepCases,
  ...valueCases,
  ...historyCases,
  ...togetherCases,
  ...limitCases,
];

export function secretStoreContract(
  name: string,
  setup: () => Promise<SecretStoreHarness>,
  options?: ContractOptions,
): void {
  describeContract(`secret store contract: ${name}`, secretStoreCases, setup, options);
}

/** Cases that are about requests or errors themselves: a caller that calls again cannot see them. */
const aboutOneCall = [
  "a value over 65,536 bytes is not staged, and nobody is asked",
  "a value over 65,536 bytes is not made current, and nobody is asked",
  "a name that no store takes is refused before anybody is asked",
];

/** The whole contract once more in each way; `skip` is per way and needs its reasons. */
export function secretStoreContractHarder(
  name: string,
  setup: () => Promise<SecretStoreHarness>,
  ways: Readonly<Partial<Record<StoreWay, ContractOptions>>>,
): void {
  const cases = secretStoreCases.filter(({ title }) => !aboutOneCall.includes(title));
  for (const [way, options] of Object.entries(ways) as [StoreWay, ContractOptions][]) {
    const harder = async (): Promise<SecretStoreHarness> => {
      const harness = await setup();
      if (harness.misbehave === undefined) throw new Error(`${name}: nothing that could misbehave`);
      return { ...harness, store: storeWays[way](harness.store, harness.misbehave) };
    };
    describeContract(`secret store contract: ${name}, ${way}`, cases, harder, options);
  }
}
