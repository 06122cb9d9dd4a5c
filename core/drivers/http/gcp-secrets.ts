import { PortError } from "../../ports/errors.ts";
import { type GcpCall, type GcpClient, type GcpReply, nullIfAbsent } from "./gcp-client.ts";

/** A Secret's fields as far as they are used; `etag` keeps its quotes, they belong to it. */
export interface GcpSecret {
  readonly etag: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Alias → version number. */
  readonly aliases: Readonly<Record<string, number>>;
  readonly serverMs: number | null;
}

export interface GcpSecretChanges {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly aliases?: Readonly<Record<string, number>>;
  /** The secret as it must still be; absent: whatever it is. */
  readonly etag?: string;
}

/** int64 is a string on the wire; beyond 15 digits a number no longer says which one it is. */
const versionNumber = /^[1-9]\d{0,14}$/;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of an object, or of nothing; null where it is something else, or a member is none of these. */
function membersOf<T>(value: unknown, read: (member: unknown) => T | null): Readonly<Record<string, T>> | null {
  if (value === undefined) return {};
  if (!isObject(value)) return null;
  const members: [string, T][] = [];
  for (const [key, member] of Object.entries(value)) {
    const found = read(member);
    if (found === null) return null;
    members.push([key, found]);
  }
  return Object.fromEntries(members);
}

const textOf = (member: unknown): string | null => (typeof member === "string" ? member : null);

function numberOf(member: unknown): number | null {
  const digits = typeof member === "number" ? String(member) : textOf(member);
  return digits !== null && versionNumber.test(digits) ? Number(digits) : null;
}

function secretOf(client: GcpClient, call: GcpCall, { body, serverMs }: GcpReply): GcpSecret {
  const { etag, annotations, versionAliases } = body;
  if (typeof etag !== "string" || !/^[\x21-\x7e]{1,256}$/.test(etag))
    throw client.badReply(call, "a secret without an etag, or none that can be");
  const [texts, aliases] = [membersOf(annotations, textOf), membersOf(versionAliases, numberOf)];
  if (texts === null || aliases === null) throw client.badReply(call, "annotations or aliases that are none");
  return { etag, annotations: texts, aliases, serverMs };
}

/**
 * Null: absent, said by the service. May answer from the past (resource consistency page: only a version
 * by its number is read consistently); a write with the etag of such a reading is refused.
 */
export async function getSecret(client: GcpClient, id: string): Promise<GcpSecret | null> {
  const call: GcpCall = { method: "GET", path: `secrets/${id}`, operation: "GetSecret", subject: id };
  const reply = await nullIfAbsent(client.call(call));
  return reply === null ? null : secretOf(client, call, reply);
}

/** Fixed when a secret is made. */
interface NewSecret {
  /** A destroyed version is only disabled for so long; absent: destroyed at once. */
  readonly destroyTtlSeconds?: number;
}

/** Null: there is one of this name already. */
export async function createSecret(
  client: GcpClient,
  id: string,
  annotations: Readonly<Record<string, string>>,
  more: NewSecret = {},
): Promise<GcpSecret | null> {
  const { kmsKeyName } = client;
  const call: GcpCall = {
    method: "POST",
    path: "secrets",
    query: { secretId: id },
    body: {
      replication: { automatic: kmsKeyName === undefined ? {} : { customerManagedEncryption: { kmsKeyName } } },
      labels: { "managed-by": "capstan" },
      annotations,
      ...(more.destroyTtlSeconds === undefined ? {} : { versionDestroyTtl: `${more.destroyTtlSeconds}s` }),
    },
    operation: "CreateSecret",
    subject: id,
  };
  try {
    return secretOf(client, call, await client.call(call));
  } catch (error) {
    if (error instanceof PortError && error.reason === "already-exists") return null;
    throw error;
  }
}

/** Writes exactly the fields given. Throws `conflict` (`stale-writer`) for an etag that is no longer the stored one. */
export async function patchSecret(client: GcpClient, id: string, changes: GcpSecretChanges): Promise<GcpSecret> {
  const { annotations, aliases, etag } = changes;
  const mask = [...(annotations ? ["annotations"] : []), ...(aliases ? ["versionAliases"] : [])];
  const versionAliases = Object.entries(aliases ?? {}).map(([alias, number]) => [alias, String(number)] as const);
  const call: GcpCall = {
    method: "PATCH",
    path: `secrets/${id}`,
    query: { updateMask: mask.join(",") },
    body: {
      ...(etag === undefined ? {} : { etag }),
      ...(annotations ? { annotations } : {}),
      ...(aliases ? { versionAliases: Object.fromEntries(versionAliases) } : {}),
    },
    operation: "UpdateSecret",
    subject: id,
    failedPrecondition: ["conflict", "stale-writer"],
  };
  return secretOf(client, call, await client.call(call));
}
