import { PortError } from "../../ports/errors.ts";
import type { FlipRequest, StoreTag, StoreVersion, VersionFacts } from "../../ports/secret-store.ts";
import type { Secret } from "../../secret.ts";

interface MemoryVersion {
  readonly versionId: string;
  readonly value: Secret;
  readonly tag: StoreTag;
  /** Tokens of the stage and flip calls that this version answers. */
  readonly tokens: readonly string[];
}

interface MemoryName {
  readonly current: string | null;
  readonly versions: readonly MemoryVersion[];
  readonly round: string | null;
}

/** A whole store as one plain value: keeping the reference keeps the world as it was. */
export interface MemorySecretState {
  /** Counts versions, so that no version id is given out twice. */
  readonly serial: number;
  readonly names: Readonly<Record<string, MemoryName>>;
}

export interface Changed<Result> {
  readonly state: MemorySecretState;
  readonly result: Result;
}

export const emptySecretState: MemorySecretState = { serial: 0, names: {} };

/** Key Vault's limit, the smallest of the three clouds' (Secrets Manager and GCP take 64 KiB). */
const valueBytesMax = 25_600;

const emptyName: MemoryName = { current: null, versions: [], round: null };

function fail(
  kind: "not-found" | "conflict" | "invalid",
  operation: string,
  why: string,
  reason?: "stale-writer" | "already-exists" | "too-large",
): PortError {
  return new PortError(kind, `memory: ${operation}: ${why}`, {
    system: "memory",
    operation,
    ...(reason === undefined ? {} : { reason }),
  });
}

function nameIn(state: MemorySecretState, name: string): MemoryName {
  return (Object.hasOwn(state.names, name) ? state.names[name] : undefined) ?? emptyName;
}

function withName(state: MemorySecretState, name: string, changes: Partial<MemoryName>): MemorySecretState {
  return { ...state, names: { ...state.names, [name]: { ...nameIn(state, name), ...changes } } };
}

function checkSize(operation: string, value: Secret): void {
  if (Buffer.byteLength(value.reveal()) > valueBytesMax) {
    throw fail("invalid", operation, `value over ${valueBytesMax} bytes`, "too-large");
  }
}

/** The version that answers this token. A token never stands for two values (Secrets Manager's rule). */
function versionOfToken(known: MemoryName, token: string, value: Secret, operation: string): MemoryVersion | null {
  const found = known.versions.find((one) => one.tokens.includes(token));
  if (found === undefined) return null;
  if (!found.value.equals(value)) {
    throw fail("conflict", operation, `token of ${found.versionId} with another value`, "already-exists");
  }
  return found;
}

function addVersion(
  state: MemorySecretState,
  name: string,
  version: Omit<MemoryVersion, "versionId">,
): Changed<{ readonly versionId: string }> {
  const versionId = `m${state.serial + 1}`;
  const versions = [...nameIn(state, name).versions, { ...version, versionId }];
  return { state: { ...withName(state, name, { versions }), serial: state.serial + 1 }, result: { versionId } };
}

export function stage(
  state: MemorySecretState,
  name: string,
  value: Secret,
  tag: StoreTag,
  token: string,
): Changed<{ readonly versionId: string }> {
  checkSize("stage", value);
  const found = versionOfToken(nameIn(state, name), token, value, "stage");
  if (found !== null) return { state, result: { versionId: found.versionId } };
  return addVersion(state, name, { value, tag, tokens: [token] });
}

export function readVersion(state: MemorySecretState, name: string, versionId: string): StoreVersion {
  const found = nameIn(state, name).versions.find((one) => one.versionId === versionId);
  if (found === undefined) throw fail("not-found", "readVersion", `no version ${versionId} of ${name}`);
  return { versionId, value: found.value };
}

export function readCurrent(state: MemorySecretState, name: string): StoreVersion | null {
  const { current } = nameIn(state, name);
  return current === null ? null : readVersion(state, name, current);
}

/**
 * The half of a flip that reads: the version id when this very flip has been made already, null when
 * it may go on. Throws `conflict` when `replaces` is not what is current.
 */
export function checkFlip(state: MemorySecretState, name: string, request: FlipRequest): string | null {
  checkSize("flip", request.value);
  const known = nameIn(state, name);
  const found = versionOfToken(known, request.token, request.value, "flip");
  if (found !== null && found.versionId === known.current) return found.versionId;
  if (known.current !== request.replaces) {
    const there = known.current ?? "none";
    throw fail("conflict", "flip", `${name}: current is ${there}, not ${request.replaces ?? "none"}`, "stale-writer");
  }
  return null;
}

/** The half of a flip that writes, whatever is current. `promotes`: a staged version keeps its id. */
export function writeFlip(
  state: MemorySecretState,
  name: string,
  request: FlipRequest,
  promotes: boolean,
): Changed<{ readonly versionId: string }> {
  const known = nameIn(state, name);
  const staged = known.versions.find((one) => promotes && one.versionId === request.stagedVersionId);
  const reused =
    versionOfToken(known, request.token, request.value, "flip") ??
    (staged?.value.equals(request.value) ? staged : null);
  if (reused === null) {
    const added = addVersion(state, name, { value: request.value, tag: request.tag, tokens: [request.token] });
    return { ...added, state: withName(added.state, name, { current: added.result.versionId }) };
  }
  const promoted = { ...reused, tag: request.tag, tokens: [...new Set([...reused.tokens, request.token])] };
  const versions = known.versions.map((one) => (one === reused ? promoted : one));
  const { versionId } = reused;
  return { state: withName(state, name, { versions, current: versionId }), result: { versionId } };
}

export function readRound(state: MemorySecretState, name: string): string | null {
  return nameIn(state, name).round;
}

export function writeRound(state: MemorySecretState, name: string, round: string): MemorySecretState {
  return withName(state, name, { round });
}

export function listVersions(state: MemorySecretState, name: string): readonly VersionFacts[] {
  const { current, versions } = nameIn(state, name);
  return versions.map(({ versionId, tag }) => ({ versionId, epoch: tag.epoch, current: versionId === current }));
}

export function discard(state: MemorySecretState, name: string, versionIds: readonly string[]): MemorySecretState {
  const { current, versions } = nameIn(state, name);
  if (current !== null && versionIds.includes(current)) {
    throw fail("conflict", "discard", `${current} is the current version of ${name}`);
  }
  const kept = versions.filter((one) => !versionIds.includes(one.versionId));
  return kept.length === versions.length ? state : withName(state, name, { versions: kept });
}
