import { PortError } from "../../ports/errors.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import type { Secret } from "../../secret.ts";

/** What a store takes. The servers differ in when they say so, and not every stand-in does: it is known before the call. */
export interface StoreLimits {
  readonly system: string;
  readonly namePattern: RegExp;
  /** The neighbours' suffix is not counted in. */
  readonly nameCharactersMax: number;
  /** For the error: which characters a name may have. */
  readonly nameAllows: string;
  readonly valueBytesMax: number;
}

/** Throws `invalid`; the name itself is not shown, it may be anything. */
function checkName(limits: StoreLimits, operation: string, name: string): void {
  const { system, namePattern, nameCharactersMax, nameAllows } = limits;
  if (name.length <= nameCharactersMax && namePattern.test(name)) return;
  const message = `${system}: ${operation}: a name may have ${nameAllows}, at most ${nameCharactersMax} characters`;
  throw new PortError("invalid", message, { system, operation });
}

/** Throws `invalid` (`too-large`). */
function checkSize({ system, valueBytesMax }: StoreLimits, operation: string, name: string, value: Secret): void {
  const bytes = Buffer.byteLength(value.reveal());
  if (bytes <= valueBytesMax) return;
  const message = `${system}: ${operation} ${name}: a value of ${bytes} bytes, ${valueBytesMax} are allowed`;
  throw new PortError("invalid", message, { system, operation, reason: "too-large" });
}

/** The store, with every name and value looked at before anything is sent. */
export function withinLimits(store: SecretStore, limits: StoreLimits): SecretStore {
  const named = (operation: string, name: string): void => checkName(limits, operation, name);
  return {
    async stage(name, value, tag, token) {
      named("stage", name);
      checkSize(limits, "stage", name, value);
      return store.stage(name, value, tag, token);
    },
    async flip(name, request) {
      named("flip", name);
      checkSize(limits, "flip", name, request.value);
      return store.flip(name, request);
    },
    async readVersion(name, versionId) {
      named("readVersion", name);
      return store.readVersion(name, versionId);
    },
    async readCurrent(name) {
      named("readCurrent", name);
      return store.readCurrent(name);
    },
    async readRound(name) {
      named("readRound", name);
      return store.readRound(name);
    },
    async writeRound(name, round) {
      named("writeRound", name);
      return store.writeRound(name, round);
    },
    async listVersions(name) {
      named("listVersions", name);
      return store.listVersions(name);
    },
    async discard(name, versionIds) {
      named("discard", name);
      return store.discard(name, versionIds);
    },
  };
}
