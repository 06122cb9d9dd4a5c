import type { Login, MintRequest, Permission, Registry } from "../../core/ports/registry.ts";
import type { UsageEvidence } from "../../core/ports/usage.ts";
import type { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type ContractCase, describeContract } from "./contract-case.ts";
import { registryIssuerCases } from "./registry-issuer-cases.ts";
import { registryListCases } from "./registry-list-cases.ts";
import { registryMintCases } from "./registry-mint-cases.ts";
import { registryProbeCases } from "./registry-probe-cases.ts";
import { registryRefreshCases } from "./registry-refresh-cases.ts";
import { registryUsageCases } from "./registry-usage-cases.ts";
import { registryWireCases } from "./registry-wire-cases.ts";

/** A registry and the hands that a test needs around it. Its clock stands still unless told otherwise. */
export interface RegistryHarness {
  readonly registry: Registry & UsageEvidence;
  /** As `whoami` says it, perhaps with more behind. */
  readonly version: string;
  /** The same registry, listing the robots of this project. */
  ofProject(project: string): Registry;
  nowMs(): number;
  /** Time passes: the clock is moved, or waited for. */
  advanceMs(ms: number): void | Promise<void>;
  /** How far the registry's clock may be from `nowMs`. */
  readonly clockToleranceMs: number;
  createProject(name: string, options: { readonly public: boolean }): void | Promise<void>;
  /** The issuer from now on: a robot with these permissions, or the administrator (null). */
  issueAs(permissions: readonly Permission[] | null): void | Promise<void>;
  /** The issuer's login is refused, or no longer. */
  breakIssuer(broken: boolean): void;
  setReadOnly(readOnly: boolean): void | Promise<void>;
  setPrefix(prefix: string): void | Promise<void>;
  disable(id: number): Promise<void>;
  /** A pull that the audit log shows, where that is on. */
  pull(login: Login, project: string): Promise<void>;
  setPullAudit(on: boolean): void | Promise<void>;
  /** Texts that must never show: the issuer's password. */
  secrets(): readonly string[];
  /** Null where there is no wire to break. */
  readonly wire: { readonly faults: FaultBoard; requests(kind: string): number } | null;
  close(): Promise<void>;
}

export type RegistryCase = ContractCase<RegistryHarness>;

export const pullOf = (project: string): readonly Permission[] => [
  { kind: "project", namespace: project, access: [{ resource: "repository", action: "pull" }] },
];

export function pullRobot(name: string, project: string, changes: Partial<MintRequest> = {}): MintRequest {
  return { name, description: "", level: "system", durationDays: 30, permissions: pullOf(project), ...changes };
}

const registryCases: readonly RegistryCase[] = [
  ...registryMintCases,
  ...registryListCases,
  ...registryProbeCases,
  ...registryRefreshCases,
  ...registryUsageCases,
  ...registryIssuerCases,
  ...registryWireCases,
];

/** Skips for a registry without a wire that could be broken. */
export function wirelessSkips(reason: string): Readonly<Record<string, string>> {
  return Object.fromEntries(registryWireCases.map(({ title }) => [title, reason]));
}

/** The contract of `core/ports/registry.ts` and `core/ports/usage.ts`. */
export function registryContract(
  name: string,
  setup: () => Promise<RegistryHarness>,
  skip: Readonly<Record<string, string>> = {},
): void {
  describeContract(name, registryCases, setup, { skip });
}
