import type { Entropy } from "../../ports/entropy.ts";
import type {
  Login,
  MintedRobot,
  MintRequest,
  ProbeResult,
  ProbeScope,
  Registry,
  RenewRequest,
  Robot,
  ServerTime,
} from "../../ports/registry.ts";
import type { UsageEvidence, UsageVerdict } from "../../ports/usage.ts";
import { Secret } from "../../secret.ts";
import { mint } from "./registry-mint.ts";
import * as reads from "./registry-reads.ts";
import { emptyRegistryState, type MemoryRegistryState, requireLogin } from "./registry-state.ts";
import * as writes from "./registry-writes.ts";

export interface MemoryRegistryOptions {
  readonly nowMs: () => number;
  readonly entropy: Entropy;
  /** Which robots `list` sees; null (default): those of the system. */
  readonly project?: string | null;
  /** Names of the endpoints in probes; default one, `memory`. */
  readonly endpoints?: readonly string[];
  /** A world to start from; empty when left out. */
  readonly state?: MemoryRegistryState;
}

/**
 * A Harbor in memory, for dry runs, contract tests and simulation. `state` is the whole registry as one
 * immutable value that may be read, kept and put back. The `…Now` methods do their work in one step; the
 * port's methods are the same, asynchronously. All throw what the ports say.
 */
export class MemoryRegistry implements Registry, UsageEvidence {
  state: MemoryRegistryState;
  readonly #options: MemoryRegistryOptions;

  constructor(options: MemoryRegistryOptions) {
    this.#options = options;
    this.state = options.state ?? emptyRegistryState;
  }

  mintNow(request: MintRequest): MintedRobot & ServerTime {
    const nowMs = this.#options.nowMs();
    // One letter of each kind in front, as Harbor's rule for secrets demands.
    const password = new Secret(`Cp1${this.#options.entropy.hex(16)}`);
    const { state, result } = mint(this.state, request, nowMs, password);
    this.state = state;
    return { ...result, serverMs: nowMs };
  }

  listNow(namePrefix: string): { readonly robots: readonly Robot[] } & ServerTime {
    const robots = reads.list(this.state, this.#options.project ?? null, namePrefix);
    return { robots, serverMs: this.#options.nowMs() };
  }

  readNow(id: number): { readonly robot: Robot } & ServerTime {
    return { robot: reads.read(this.state, id), serverMs: this.#options.nowMs() };
  }

  removeNow(id: number): void {
    this.state = reads.remove(this.state, id).state;
  }

  renewNow(id: number, request: RenewRequest): void {
    this.state = writes.renew(this.state, id, request).state;
  }

  refreshNow(id: number, password: Secret): void {
    this.state = writes.refresh(this.state, id, password).state;
  }

  probeNow(login: Login, scope: ProbeScope): ProbeResult {
    const serverMs = this.#options.nowMs();
    const verdict = reads.probe(this.state, login, scope, serverMs);
    const endpoints = (this.#options.endpoints ?? ["memory"]).slice(0, scope.once ? 1 : undefined);
    return { endpoints: endpoints.map((endpoint) => ({ endpoint, verdict })), serverMs };
  }

  whoamiNow(): { readonly username: string; readonly version: string; readonly readOnly: boolean } & ServerTime {
    const { issuer, version, readOnly } = this.state;
    requireLogin(this.state, "whoami");
    return { username: issuer.username, version, readOnly, serverMs: this.#options.nowMs() };
  }

  usedSinceNow(username: string, sinceMs: number): UsageVerdict {
    return reads.usedSince(this.state, username, sinceMs);
  }

  /** A pull under this name, for the audit log. */
  notePullNow(username: string): void {
    this.state = reads.notePull(this.state, username, this.#options.nowMs()).state;
  }

  async mint(request: MintRequest): Promise<MintedRobot & ServerTime> {
    return this.mintNow(request);
  }

  async list(namePrefix: string): Promise<{ readonly robots: readonly Robot[] } & ServerTime> {
    return this.listNow(namePrefix);
  }

  async read(id: number): Promise<{ readonly robot: Robot } & ServerTime> {
    return this.readNow(id);
  }

  async remove(id: number): Promise<void> {
    this.removeNow(id);
  }

  async renew(id: number, request: RenewRequest): Promise<void> {
    this.renewNow(id, request);
  }

  async refresh(id: number, password: Secret): Promise<void> {
    this.refreshNow(id, password);
  }

  async probe(login: Login, scope: ProbeScope): Promise<ProbeResult> {
    return this.probeNow(login, scope);
  }

  async whoami(): Promise<ReturnType<MemoryRegistry["whoamiNow"]>> {
    return this.whoamiNow();
  }

  async usedSince(username: string, sinceMs: number): Promise<UsageVerdict> {
    return this.usedSinceNow(username, sinceMs);
  }
}
