import type { SecretStore } from "../../core/ports/secret-store.ts";
import { type ContractCase, type ContractOptions, describeContract } from "./contract-case.ts";
import { flipCases } from "./secret-store-flip-cases.ts";
import { stagingCases } from "./secret-store-staging-cases.ts";
import { upkeepCases } from "./secret-store-upkeep-cases.ts";
import { valueCases } from "./secret-store-value-cases.ts";

export interface SecretStoreHarness {
  readonly store: SecretStore;
  close(): Promise<void>;
  /** False where the store cannot refuse a stale writer at the moment of writing (Key Vault). */
  readonly fence: boolean;
  /** A version id in the driver's own form that was never given out; without it a UUID is used. */
  readonly unknownVersionId?: string;
}

export type SecretStoreCase = ContractCase<SecretStoreHarness>;

/** Every promise of `core/ports/secret-store.ts`, in the order in which a rotation meets them. */
const secretStoreCases: readonly SecretStoreCase[] = [...stagingCases, ...flipCases, ...upkeepCases, ...valueCases];

export function secretStoreContract(
  name: string,
  setup: () => Promise<SecretStoreHarness>,
  options?: ContractOptions,
): void {
  describeContract(`secret store contract: ${name}`, secretStoreCases, setup, options);
}
