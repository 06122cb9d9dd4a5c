import { createHash } from "node:crypto";
import type { Secret } from "../../secret.ts";
import type { SecretContent, StoredSecret } from "./secret-api.ts";

/** The key that readers of `<name>` mount or refer to. */
export const valueKey = "value";
/** In `<name>`: the version that the value was copied from. */
const currentAnnotation = "capstan.dev/current";
/** In `<name>` and `<name>-next`: of each version its epoch. */
const epochPrefix = "version.capstan.dev/";
const keyPattern = /^v-([a-z0-9-]{32,64})$/;

const keyOf = (versionId: string): string => `v-${versionId}`;

/** The text of a version in `<name>-next`; null where it is not there. */
export function versionIn(next: StoredSecret | null, versionId: string): Secret | null {
  if (next === null || !Object.hasOwn(next.data, keyOf(versionId))) return null;
  return next.data[keyOf(versionId)] ?? null;
}

export function versionIdsIn(next: StoredSecret | null): readonly string[] {
  return Object.keys(next?.data ?? {}).flatMap((key) => keyPattern.exec(key)?.[1] ?? []);
}

function epochIn(secret: StoredSecret | null, versionId: string): number | null {
  const text = secret?.annotations[epochPrefix + markName(versionId)] ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The last writer's word: a flip may give a staged version another epoch than its staging did. */
export function epochOf(main: StoredSecret | null, next: StoredSecret | null, versionId: string): number | null {
  return epochIn(main, versionId) ?? epochIn(next, versionId);
}

/** Names of annotations have 63 characters at most, tokens 64. */
function markName(versionId: string): string {
  return createHash("sha256").update(versionId).digest("hex").slice(0, 40);
}

/** What readers get, under the id that it was promoted with, or one of its own where somebody else wrote it. */
export function currentOf(main: StoredSecret | null): { readonly versionId: string; readonly value: Secret } | null {
  const value = main?.data[valueKey];
  if (main === null || value === undefined) return null;
  const [versionId = "", hash = ""] = (main.annotations[currentAnnotation] ?? "").split(" ");
  const found = hashOf(value);
  return { versionId: versionId !== "" && hash === found ? versionId : `outside-${found}`, value };
}

function hashOf(value: Secret): string {
  return createHash("sha256").update(value.reveal()).digest("hex").slice(0, 32);
}

export function withVersion(versionId: string, value: Secret, epoch: number): SecretContent {
  return {
    data: { [keyOf(versionId)]: value },
    annotations: { [epochPrefix + markName(versionId)]: String(epoch) },
  };
}

export function withoutVersions(versionIds: readonly string[]): SecretContent {
  return {
    data: Object.fromEntries(versionIds.map((id) => [keyOf(id), null])),
    annotations: Object.fromEntries(versionIds.map((id) => [epochPrefix + markName(id), null])),
  };
}

/** The marks of earlier current versions go: `<name>-next` knows them as long as they live. */
export function asCurrent(main: StoredSecret | null, versionId: string, value: Secret, epoch: number): SecretContent {
  const old = Object.keys(main?.annotations ?? {}).filter((key) => key.startsWith(epochPrefix));
  return {
    data: { [valueKey]: value },
    annotations: {
      ...Object.fromEntries(old.map((key) => [key, null])),
      [currentAnnotation]: `${versionId} ${hashOf(value)}`,
      [epochPrefix + markName(versionId)]: String(epoch),
    },
  };
}
