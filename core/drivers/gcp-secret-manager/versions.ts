import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import { type GcpCall, type GcpClient, nullIfAbsent } from "../http/gcp-client.ts";
import { crc32c } from "./crc32c.ts";

const pageSize = 500;
const pagesMax = 40;

export interface ListedVersion {
  readonly number: number;
  /** Holds a value: neither destroyed nor about to be. */
  readonly living: boolean;
  /** False: disabled, its value is still there. */
  readonly enabled: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

function numberOf(client: GcpClient, call: GcpCall, fields: Fields): number {
  const { name } = fields;
  const digits = typeof name === "string" ? /\/versions\/([1-9]\d{0,14})$/.exec(name)?.[1] : undefined;
  if (digits === undefined) throw client.badReply(call, "a version without a number");
  return Number(digits);
}

/** Not idempotent: sent twice, it makes two versions. The checksum goes along and the service refuses a wrong one. */
export async function addVersion(client: GcpClient, id: string, value: Secret): Promise<number> {
  const data = Buffer.from(value.reveal(), "utf8");
  const call: GcpCall = {
    method: "POST",
    path: `secrets/${id}:addVersion`,
    body: { payload: { data: data.toString("base64"), dataCrc32c: String(crc32c(data)) } },
    operation: "AddSecretVersion",
    subject: id,
  };
  return numberOf(client, call, (await client.call(call)).body);
}

function secretTextOf(client: GcpClient, call: GcpCall, fields: Fields): Secret {
  const { data, dataCrc32c } = (fields["payload"] ?? {}) as Fields;
  const isChecksum = dataCrc32c === undefined || typeof dataCrc32c === "string" || typeof dataCrc32c === "number";
  if (typeof data !== "string" || !isChecksum) throw client.badReply(call, "a version without a payload");
  const bytes = Buffer.from(data, "base64");
  // Absent only for versions from before the service kept checksums, so never for one of ours.
  if (dataCrc32c !== undefined && Number(dataCrc32c) !== crc32c(bytes)) {
    throw client.badReply(call, "the payload does not match its checksum");
  }
  try {
    return new Secret(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw client.badReply(call, "a payload that is no text");
  }
}

/**
 * By number or alias. Null: absent, said by the service. Throws `conflict` (`disabled`) for a version
 * that is disabled or destroyed: the service answers both alike.
 */
export async function accessVersion(
  client: GcpClient,
  id: string,
  which: number | string,
): Promise<{ readonly number: number; readonly value: Secret } | null> {
  const call: GcpCall = {
    method: "GET",
    path: `secrets/${id}/versions/${which}:access`,
    operation: "AccessSecretVersion",
    subject: `${id}/versions/${which}`,
    failedPrecondition: ["conflict", "disabled"],
  };
  const reply = await nullIfAbsent(client.call(call));
  if (reply === null) return null;
  return { number: numberOf(client, call, reply.body), value: secretTextOf(client, call, reply.body) };
}

/** Is there nothing left to read, now or after enabling it again? */
export async function isDestroyed(client: GcpClient, id: string, number: number): Promise<boolean> {
  const call: GcpCall = {
    method: "GET",
    path: `secrets/${id}/versions/${number}`,
    operation: "GetSecretVersion",
    subject: `${id}/versions/${number}`,
  };
  const reply = await nullIfAbsent(client.call(call));
  return reply === null || isGone(reply.body);
}

/** With a destruction delay (`versionDestroyTtl`) a destroyed version is disabled first, its end is fixed. */
function isGone(version: Fields): boolean {
  return version["state"] === "DESTROYED" || version["scheduledDestroyTime"] !== undefined;
}

/** Versions that still hold a value, newest first. Throws and answers as `listAll`. */
export async function listLiving(client: GcpClient, id: string): Promise<readonly ListedVersion[]> {
  return (await listAll(client, id)).filter(({ living }) => living);
}

/** Every version, newest first; all pages or an error. Empty where the secret is absent. May answer from the past. */
export async function listAll(client: GcpClient, id: string): Promise<readonly ListedVersion[]> {
  const listed: ListedVersion[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const call: GcpCall = {
      method: "GET",
      path: `secrets/${id}/versions`,
      query: { pageSize: String(pageSize), ...(pageToken === undefined ? {} : { pageToken }) },
      operation: "ListSecretVersions",
      subject: id,
    };
    const reply = await nullIfAbsent(client.call(call));
    if (reply === null) return [];
    const { versions = [], nextPageToken } = reply.body;
    const isList = Array.isArray(versions) && versions.every((one) => typeof one === "object" && one !== null);
    if (!isList) throw client.badReply(call, "a list that is none");
    for (const version of versions as readonly Fields[]) {
      const number = numberOf(client, call, version);
      listed.push({ number, living: !isGone(version), enabled: version["state"] === "ENABLED" });
    }
    if (typeof nextPageToken !== "string" || nextPageToken === "") return listed;
    pageToken = nextPageToken;
  }
  throw new PortError("invalid", `${client.system}: ListSecretVersions ${id}: more than ${pagesMax} pages`, {
    system: client.system,
    operation: "ListSecretVersions",
    reason: "too-large",
  });
}

/** Absent and already destroyed are success (without an etag nothing else is refused as FAILED_PRECONDITION). */
export async function destroyVersion(client: GcpClient, id: string, number: number): Promise<void> {
  const destroying = client.call({
    method: "POST",
    path: `secrets/${id}/versions/${number}:destroy`,
    body: {},
    operation: "DestroySecretVersion",
    subject: `${id}/versions/${number}`,
    failedPrecondition: ["not-found"],
  });
  await nullIfAbsent(destroying);
}
