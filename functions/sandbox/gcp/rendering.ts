import { type SecretRecord, type SecretRecords, type VersionRecord, versionStates } from "./secret-records.ts";

const timestamp = (ms: number): string => new Date(ms).toISOString();

/** Empty maps are left out and int64 is a string, as in proto3's JSON mapping. */
export function renderSecret(records: SecretRecords, record: SecretRecord): object {
  const aliases = Object.entries(record.aliases).map(([alias, number]) => [alias, String(number)] as const);
  return {
    name: records.nameOf(record.id),
    replication: record.replication,
    ...(record.destroyTtlMs === null ? {} : { versionDestroyTtl: `${record.destroyTtlMs / 1000}s` }),
    createTime: timestamp(record.createdMs),
    ...(Object.keys(record.labels).length === 0 ? {} : { labels: record.labels }),
    etag: record.etag,
    ...(aliases.length === 0 ? {} : { versionAliases: Object.fromEntries(aliases) }),
    ...(Object.keys(record.annotations).length === 0 ? {} : { annotations: record.annotations }),
  };
}

export function versionName(records: SecretRecords, record: SecretRecord, version: VersionRecord): string {
  return `${records.nameOf(record.id)}/versions/${version.number}`;
}

/** `enumsAsInts`: the client asked for `enum-encoding=int`. */
export function renderVersion(
  records: SecretRecords,
  record: SecretRecord,
  version: VersionRecord,
  enumsAsInts: boolean,
): object {
  return {
    name: versionName(records, record, version),
    createTime: timestamp(version.createdMs),
    ...(version.destroyedMs === null ? {} : { destroyTime: timestamp(version.destroyedMs) }),
    ...(version.scheduledMs === null || version.state === "DESTROYED"
      ? {}
      : { scheduledDestroyTime: timestamp(version.scheduledMs) }),
    state: enumsAsInts ? versionStates.indexOf(version.state) : version.state,
    replicationStatus: "userManaged" in record.replication ? { userManaged: {} } : { automatic: {} },
    etag: version.etag,
    ...(version.checksumByClient ? { clientSpecifiedPayloadChecksum: true } : {}),
  };
}
