import { compareFields, decodeFields, encodeFields, type FieldSet, fieldNodes } from "./fields.ts";
import { canonical, type JsonObject, type KubeObject, type ManagedFieldsEntry } from "./objects.ts";

/** One manager's claim. */
export interface Claim {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly time: string;
  readonly set: FieldSet;
}

export function readClaims(object: KubeObject | null): Claim[] {
  return (object?.metadata.managedFields ?? []).map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    time: entry.time,
    set: decodeFields(entry.fieldsV1),
  }));
}

/** Apply before Update, then by time, then by manager; a claim to nothing vanishes. */
export function writeClaims(claims: readonly Claim[], apiVersion: string): ManagedFieldsEntry[] {
  const order = (claim: Claim) => `${claim.operation} ${claim.time} ${claim.manager}`;
  return claims
    .filter(({ set }) => set.size > 0)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map(({ manager, operation, time, set }) => ({
      manager,
      operation,
      apiVersion,
      time,
      fieldsType: "FieldsV1",
      fieldsV1: encodeFields(set),
    }));
}

export const without = (set: FieldSet, gone: FieldSet): FieldSet => new Set([...set].filter((key) => !gone.has(key)));

const sameSet = (left: FieldSet, right: FieldSet) => left.size === right.size && [...left].every((k) => right.has(k));

/**
 * Ownership after an ordinary write: what the writer changed or added becomes its own and nobody
 * else's; what vanished is nobody's.
 */
export function claimsAfterUpdate(
  before: KubeObject | null,
  after: JsonObject,
  manager: string,
  time: string,
  tracked: boolean,
): Claim[] {
  const { added, modified, removed } = compareFields(fieldNodes((before ?? {}) as JsonObject), fieldNodes(after));
  const taken = new Set([...added, ...modified]);
  const isWriter = (claim: Claim) => claim.manager === manager && claim.operation === "Update";
  const claims = readClaims(before);
  const others = claims
    .filter((claim) => !isWriter(claim))
    .map((claim) => ({ ...claim, set: without(without(claim.set, taken), removed) }));
  if (!tracked) return others;
  const own = claims.find(isWriter);
  const set = new Set([...without(own?.set ?? new Set(), removed), ...taken]);
  return [
    ...others,
    { manager, operation: "Update", time: own !== undefined && sameSet(own.set, set) ? own.time : time, set },
  ];
}

/** The object with these claims in it; no claims, no `managedFields`. */
export function withClaims(object: KubeObject, claims: readonly Claim[]): KubeObject {
  const { managedFields: _old, ...metadata } = object.metadata;
  const entries = writeClaims(claims, object.apiVersion);
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: entries } };
}

/** The same but for who claimed when, and for what the server counts. */
export function sameButTimes(left: KubeObject, right: KubeObject): boolean {
  const bare = (object: KubeObject) =>
    canonical({
      ...object,
      metadata: {
        ...object.metadata,
        resourceVersion: "",
        managedFields: (object.metadata.managedFields ?? []).map((entry) => ({ ...entry, time: "" })),
      },
    });
  return bare(left) === bare(right);
}
