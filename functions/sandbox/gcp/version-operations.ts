import type { PartRequest } from "../listener.ts";
import { crc32cOf } from "./crc32c.ts";
import { bodyOf, int64Of, objectOf, pageOf, textOf } from "./input.ts";
import { GcpRefusal, invalidArgument } from "./refusal.ts";
import { renderVersion, versionName } from "./rendering.ts";
import { checkEtag } from "./secret-operations.ts";
import type { Look, SecretRecord, SecretRecords, VersionRecord, VersionState } from "./secret-records.ts";

const payloadBytesMax = 65_536;

const asInts = (request: PartRequest): boolean => /enum-encoding=int/.test(request.query.get("$alt") ?? "");

function dataOf(value: unknown): Buffer {
  const text = textOf(value, "payload.data") ?? "";
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw invalidArgument("Invalid value at 'payload.data' (TYPE_BYTES)");
  const data = Buffer.from(text, "base64");
  if (data.length === 0) throw invalidArgument("The secret payload must not be empty.");
  if (data.length > payloadBytesMax) throw invalidArgument(`The payload is larger than ${payloadBytesMax} bytes.`);
  return data;
}

/** Has no request id and no etag: sent twice, it makes two versions. The secret's etag stays as it is. */
export function addVersion(records: SecretRecords, request: PartRequest, id: string): object {
  const body = bodyOf(request.body, "request", ["parent", "payload"]);
  const payload = objectOf(body["payload"], "payload", ["data", "dataCrc32c"]);
  const stored = records.require(id);
  const data = dataOf(payload["data"]);
  const sent = int64Of(payload["dataCrc32c"], "payload.data_crc32c");
  const crc32c = crc32cOf(data);
  if (sent !== undefined && sent !== crc32c) {
    throw invalidArgument("The checksum of the payload does not match the payload.data_crc32c provided.");
  }
  const version: VersionRecord = {
    number: stored.versions.length + 1,
    state: "ENABLED",
    createdMs: request.nowMs,
    destroyedMs: null,
    scheduledMs: null,
    etag: records.nextEtag(),
    data,
    crc32c,
    checksumByClient: sent !== undefined,
  };
  const record = records.put({ ...stored, versions: [...stored.versions, version] }, request.nowMs);
  return renderVersion(records, record, version, asInts(request));
}

/** A destruction that was put off and is due has happened. */
function settledVersion(version: VersionRecord, nowMs: number): VersionRecord {
  const { scheduledMs } = version;
  if (scheduledMs === null || scheduledMs > nowMs || version.state === "DESTROYED") return version;
  return { ...version, state: "DESTROYED", data: null, destroyedMs: scheduledMs };
}

interface Found {
  readonly record: SecretRecord;
  readonly version: VersionRecord;
}

function settled({ record, version }: Found, nowMs: number): Found {
  return { record, version: settledVersion(version, nowMs) };
}

function numberOf(record: SecretRecord, which: string): number {
  if (/^\d+$/.test(which)) return Number(which);
  // The newest created, whatever its state: there is no falling back to an enabled one.
  return which === "latest" ? record.versions.length : (record.aliases[which] ?? 0);
}

/**
 * By number, alias or `latest`. A version that was added is found by its number at once, also where
 * everything else is stale (resource consistency page: the one strongly consistent read).
 */
function requireVersion(records: SecretRecords, id: string, which: string, look?: Look): Found {
  const now = records.find(id);
  for (const record of look?.stale ? [records.find(id, look), /^\d+$/.test(which) ? now : null] : [now]) {
    const version = record?.versions.find(({ number }) => number === numberOf(record, which));
    if (record && version) return { record, version };
  }
  if (now === null) throw new GcpRefusal("NOT_FOUND", `Secret [${records.nameOf(id)}] not found or has no versions.`);
  throw new GcpRefusal("NOT_FOUND", `Secret Version [${records.nameOf(id)}/versions/${which}] not found.`);
}

export function getVersion(records: SecretRecords, request: PartRequest, id: string, which: string): object {
  const { record, version } = settled(requireVersion(records, id, which, request), request.nowMs);
  return renderVersion(records, record, version, asInts(request));
}

export function accessVersion(records: SecretRecords, request: PartRequest, id: string, which: string): object {
  const { record, version } = settled(requireVersion(records, id, which, request), request.nowMs);
  const name = versionName(records, record, version);
  if (version.state !== "ENABLED" || version.data === null) {
    throw new GcpRefusal("FAILED_PRECONDITION", `Secret Version [${name}] is in ${version.state} state.`);
  }
  return { name, payload: { data: version.data.toString("base64"), dataCrc32c: String(version.crc32c) } };
}

/** Newest first. The one filter that is played is on the state. */
export function listVersions(records: SecretRecords, request: PartRequest, id: string): object {
  const filter = request.query.get("filter") ?? "";
  const state = /^state[:=](ENABLED|DISABLED|DESTROYED)$/.exec(filter)?.[1];
  if (filter !== "" && state === undefined) {
    throw new GcpRefusal("UNIMPLEMENTED", "The sandbox filters versions by state alone.");
  }
  const record = records.require(id, request);
  const all = record.versions
    .map((version) => settledVersion(version, request.nowMs))
    .filter((version) => state === undefined || version.state === state)
    .toReversed();
  const { items, nextPageToken } = pageOf(all, request.query);
  const versions = items.map((version) => renderVersion(records, record, version, asInts(request)));
  return {
    ...(versions.length === 0 ? {} : { versions }),
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
    ...(filter === "" ? { totalSize: all.length } : {}),
  };
}

/** With a delay a version is disabled first and its end is fixed; enabling it again takes that back. */
function changeTo(
  state: VersionState,
  version: VersionRecord,
  ttlMs: number | null,
  nowMs: number,
): Partial<VersionRecord> {
  if (state !== "DESTROYED") return { state, scheduledMs: state === "ENABLED" ? null : version.scheduledMs };
  if (ttlMs === null) return { state, data: null, destroyedMs: nowMs };
  return { state: "DISABLED", scheduledMs: version.scheduledMs ?? nowMs + ttlMs };
}

/** Enable, disable, destroy: by number alone; a destroyed version never leaves that state. */
export function changeState(
  records: SecretRecords,
  request: PartRequest,
  id: string,
  which: string,
  state: VersionState,
): object {
  const body = bodyOf(request.body, "request", ["name", "etag"]);
  if (!/^\d+$/.test(which)) throw invalidArgument("The version must be given by its number.");
  const { record, version } = settled(requireVersion(records, id, which), request.nowMs);
  checkEtag(textOf(body["etag"], "etag"), version.etag);
  if (version.state === "DESTROYED") {
    const name = versionName(records, record, version);
    throw new GcpRefusal("FAILED_PRECONDITION", `Secret Version [${name}] is in DESTROYED state.`);
  }
  const change = changeTo(state, version, record.destroyTtlMs, request.nowMs);
  const changed: VersionRecord = { ...version, ...change, etag: records.nextEtag() };
  const versions = record.versions.map((one) => (one.number === version.number ? changed : one));
  return renderVersion(records, records.put({ ...record, versions }, request.nowMs), changed, asInts(request));
}
