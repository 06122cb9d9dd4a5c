import type { FlipRequest, StoreTag, VersionFacts } from "../../ports/secret-store.ts";
import type { Secret } from "../../secret.ts";
import { localFailure } from "./failures.ts";

export interface FileVersion {
  readonly value: Secret;
  readonly tag: StoreTag;
  /** Tokens of the stage and flip calls that this version answers. */
  readonly tokens: readonly string[];
  readonly createdAtMs: number;
}

/** Everything kept of one name: pending, current and replaced versions under their ids. */
export interface ValueContent {
  readonly current: string | null;
  readonly versions: Readonly<Record<string, FileVersion>>;
}

export interface NewVersion {
  readonly versionId: string;
  readonly createdAtMs: number;
}

export interface ContentChange {
  readonly content: ValueContent;
  readonly versionId: string;
}

export const emptyContent: ValueContent = { current: null, versions: {} };

export function versionIn(content: ValueContent, versionId: string | null): FileVersion | null {
  if (versionId === null || !Object.hasOwn(content.versions, versionId)) return null;
  return content.versions[versionId] ?? null;
}

export function factsOf(content: ValueContent): readonly VersionFacts[] {
  return Object.entries(content.versions).map(([versionId, { tag }]) => ({
    versionId,
    epoch: tag.epoch,
    current: versionId === content.current,
  }));
}

/** The version that answers this token. A token never stands for two values. */
function idOfToken(content: ValueContent, token: string, value: Secret, operation: string): string | null {
  const found = Object.entries(content.versions).find(([, version]) => version.tokens.includes(token));
  if (found === undefined) return null;
  const [versionId, version] = found;
  if (version.value.equals(value)) return versionId;
  throw localFailure("conflict", operation, `token of ${versionId} with another value`, "already-exists");
}

export function stageInto(
  content: ValueContent,
  wanted: { readonly value: Secret; readonly tag: StoreTag; readonly token: string },
  fresh: NewVersion,
): ContentChange {
  const found = idOfToken(content, wanted.token, wanted.value, "stage");
  if (found !== null) return { content, versionId: found };
  const { versionId, createdAtMs } = fresh;
  const added: FileVersion = { value: wanted.value, tag: wanted.tag, tokens: [wanted.token], createdAtMs };
  return { content: { ...content, versions: { ...content.versions, [versionId]: added } }, versionId };
}

/** A staged version is promoted under its own id; any other value becomes a new version. */
export function flipInto(content: ValueContent, request: FlipRequest, fresh: NewVersion): ContentChange {
  const known = idOfToken(content, request.token, request.value, "flip");
  if (known !== null && known === content.current) return { content, versionId: known };
  if (content.current !== request.replaces) {
    const why = `current is ${content.current ?? "none"}, not ${request.replaces ?? "none"}`;
    throw localFailure("conflict", "flip", why, "stale-writer");
  }
  const staged = versionIn(content, request.stagedVersionId)?.value.equals(request.value)
    ? request.stagedVersionId
    : null;
  const versionId = known ?? staged ?? fresh.versionId;
  const before = versionIn(content, versionId);
  const version: FileVersion = {
    value: request.value,
    tag: request.tag,
    tokens: [...new Set([...(before?.tokens ?? []), request.token])],
    createdAtMs: before?.createdAtMs ?? fresh.createdAtMs,
  };
  return { content: { current: versionId, versions: { ...content.versions, [versionId]: version } }, versionId };
}

export function discardFrom(content: ValueContent, versionIds: readonly string[]): ValueContent {
  if (content.current !== null && versionIds.includes(content.current)) {
    throw localFailure("conflict", "discard", `${content.current} is the current version`);
  }
  const kept = Object.entries(content.versions).filter(([versionId]) => !versionIds.includes(versionId));
  const nothingToDo = kept.length === Object.keys(content.versions).length;
  return nothingToDo ? content : { ...content, versions: Object.fromEntries(kept) };
}
