import type { FlipRequest, SecretStore, StoreTag, StoreVersion, VersionFacts } from "../../ports/secret-store.ts";
import type { Secret } from "../../secret.ts";
import * as pure from "./secret-store-state.ts";

export interface MemorySecretStoreOptions {
  /** False models Key Vault: between the check of a flip and its write somebody else may come. */
  readonly fence?: boolean;
  /** A world to start from; empty when left out. */
  readonly state?: pure.MemorySecretState;
}

/**
 * A secret store in memory, for dry runs, contract tests and simulation. `state` is the whole store as
 * one immutable value that may be read, kept and put back. The `…Now` methods do their work in one
 * step; the port's methods are the same, asynchronously. All throw what the port says.
 */
export class MemorySecretStore implements SecretStore {
  state: pure.MemorySecretState;
  readonly fence: boolean;

  constructor(options: MemorySecretStoreOptions = {}) {
    this.state = options.state ?? pure.emptySecretState;
    this.fence = options.fence ?? true;
  }

  #keep<Result>(changed: pure.Changed<Result>): Result {
    this.state = changed.state;
    return changed.result;
  }

  stageNow(name: string, value: Secret, tag: StoreTag, token: string): { readonly versionId: string } {
    return this.#keep(pure.stage(this.state, name, value, tag, token));
  }

  readVersionNow(name: string, versionId: string): StoreVersion {
    return pure.readVersion(this.state, name, versionId);
  }

  readCurrentNow(name: string): StoreVersion | null {
    return pure.readCurrent(this.state, name);
  }

  /** The first half of an unfenced flip: the version id if it is done already, null if it may go on. */
  checkFlipNow(name: string, request: FlipRequest): string | null {
    return pure.checkFlip(this.state, name, request);
  }

  /** The second half of an unfenced flip: writes over whatever is current by now. */
  writeFlipNow(name: string, request: FlipRequest): { readonly versionId: string } {
    return this.#keep(pure.writeFlip(this.state, name, request, this.fence));
  }

  /** Both halves with nobody between them. */
  flipNow(name: string, request: FlipRequest): { readonly versionId: string } {
    const done = this.checkFlipNow(name, request);
    return done === null ? this.writeFlipNow(name, request) : { versionId: done };
  }

  readRoundNow(name: string): string | null {
    return pure.readRound(this.state, name);
  }

  writeRoundNow(name: string, round: string): void {
    this.state = pure.writeRound(this.state, name, round);
  }

  listVersionsNow(name: string): readonly VersionFacts[] {
    return pure.listVersions(this.state, name);
  }

  discardNow(name: string, versionIds: readonly string[]): void {
    this.state = pure.discard(this.state, name, versionIds);
  }

  async stage(name: string, value: Secret, tag: StoreTag, token: string): Promise<{ readonly versionId: string }> {
    return this.stageNow(name, value, tag, token);
  }

  async readVersion(name: string, versionId: string): Promise<StoreVersion> {
    return this.readVersionNow(name, versionId);
  }

  async readCurrent(name: string): Promise<StoreVersion | null> {
    return this.readCurrentNow(name);
  }

  async flip(name: string, request: FlipRequest): Promise<{ readonly versionId: string }> {
    if (this.fence) return this.flipNow(name, request);
    const done = this.checkFlipNow(name, request);
    if (done !== null) return { versionId: done };
    await Promise.resolve();
    return this.writeFlipNow(name, request);
  }

  async readRound(name: string): Promise<string | null> {
    return this.readRoundNow(name);
  }

  async writeRound(name: string, round: string): Promise<void> {
    this.writeRoundNow(name, round);
  }

  async listVersions(name: string): Promise<readonly VersionFacts[]> {
    return this.listVersionsNow(name);
  }

  async discard(name: string, versionIds: readonly string[]): Promise<void> {
    this.discardNow(name, versionIds);
  }
}
