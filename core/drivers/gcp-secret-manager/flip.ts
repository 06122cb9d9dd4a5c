import { PortError } from "../../ports/errors.ts";
import type { FlipRequest } from "../../ports/secret-store.ts";
import type { GcpClient } from "../http/gcp-client.ts";
import { createSecret, type GcpSecret, getSecret, patchSecret } from "../http/gcp-secrets.ts";
import {
  currentAlias,
  currentOf,
  isWriting,
  type Mark,
  markOf,
  numbersOfToken,
  replacedBy,
  withMark,
  withoutWriting,
  withWriting,
} from "./marks.ts";
import { findHolder, staleWriter } from "./repeats.ts";
import { newValues, secretIdOf, versionIdOf } from "./version-id.ts";
import { addVersion, type ListedVersion, listLiving } from "./versions.ts";

const moveAttemptsMax = 8;
/** Of one secret (`resources.proto`, Secret.version_aliases). */
const aliasesMax = 50;

const versionId = (number: number): string => versionIdOf({ room: "main", number });

/** Null: the secret has no version that readers get. */
function currentIdOf(secret: GcpSecret): string | null {
  const current = currentOf(secret);
  return current === null ? null : versionId(current);
}

interface Claimed {
  readonly secret: GcpSecret;
  /** A version that an earlier call of this very flip has added; null: none. */
  readonly number: number | null;
}

/**
 * The right to add a version, taken under the etag of the reading whose alias was as expected: most losers
 * are refused here, before their value becomes `latest`. A claim is no lock: the next one goes over it, and a
 * runner that died holds nobody up. An earlier call of the same flip is recognised by its mark, or by its
 * claim and the value of a version without a mark.
 */
async function claim(
  client: GcpClient,
  id: string,
  read: GcpSecret,
  living: readonly ListedVersion[],
  request: FlipRequest,
  mark: Mark,
): Promise<Claimed> {
  const { annotations, etag } = read;
  const marked = await findHolder(client, id, numbersOfToken(annotations, request.token), request.value);
  if (marked !== null) return { secret: read, number: marked };
  if (isWriting(annotations, mark)) {
    const unmarked = living
      .filter(({ number, enabled }) => enabled && markOf(annotations, number) === null)
      .map(({ number }) => number);
    return { secret: read, number: await findHolder(client, id, unmarked, request.value) };
  }
  const secret = await patchSecret(client, id, { annotations: withWriting(annotations, mark), etag });
  return { secret, number: null };
}

/** What there is to claim in; `done`: the version current, where it was made by this very flip. */
async function readOrMake(client: GcpClient, id: string, request: FlipRequest, mark: Mark) {
  const found = await getSecret(client, id);
  const stale = (why: string): PortError => staleWriter(client, "flip", id, why);
  if (found === null) {
    if (request.replaces !== null) throw stale("there is no such value");
    const made = await createSecret(client, id, withWriting({}, mark), newValues);
    if (made === null) throw stale("it was made meanwhile");
    return { secret: made, done: null, fresh: true };
  }
  const current = currentOf(found);
  if (current === null && Object.keys(found.aliases).length >= aliasesMax) {
    const message = `${client.system}: flip ${id}: the secret has ${aliasesMax} version aliases, there is no room for ${currentAlias}`;
    throw new PortError("invalid", message, { system: client.system, operation: "flip", reason: "too-large" });
  }
  if (current !== null && markOf(found.annotations, current)?.token === request.token) {
    return { secret: found, done: versionId(current), fresh: false };
  }
  if (currentIdOf(found) !== request.replaces) throw stale("another version is current");
  return { secret: found, done: null, fresh: false };
}

/**
 * What a loser has added stays (destroying the newest version would take `latest` from its readers) and is
 * marked with its epoch, as far as that goes at once, so that it is discarded with its generation.
 */
async function markLeftover(client: GcpClient, id: string, now: GcpSecret, number: number, mark: Mark): Promise<void> {
  if (currentOf(now) === number || markOf(now.annotations, number) !== null) return;
  const annotations = withMark(now.annotations, number, mark);
  await patchSecret(client, id, { annotations, etag: now.etag }).catch((error: unknown) => {
    if (!(error instanceof PortError)) throw error;
  });
}

interface Move {
  readonly read: GcpSecret;
  readonly number: number;
  /** Versions that held a value before; the others' marks may go. */
  readonly living: readonly number[];
}

/**
 * The alias and the marks in one patch. Refused, it is tried again only while the alias is still the one
 * expected and the claim still ours: then somebody has written something else into the annotations.
 */
async function move(client: GcpClient, id: string, { read, number, living }: Move, request: FlipRequest, mark: Mark) {
  let secret = read;
  for (let attempt = 1; attempt <= moveAttemptsMax; attempt += 1) {
    try {
      await patchSecret(client, id, {
        aliases: { ...secret.aliases, [currentAlias]: number },
        annotations: withMark(replacedBy(withoutWriting(secret.annotations), number, living), number, mark),
        etag: secret.etag,
      });
      return versionId(number);
    } catch (error) {
      if (!(error instanceof PortError) || error.reason !== "stale-writer") throw error;
    }
    const now = await getSecret(client, id);
    if (now === null) break;
    const current = currentOf(now);
    const made = current !== null && markOf(now.annotations, current)?.token === request.token;
    const ours = isWriting(now.annotations, mark) && currentIdOf(now) === request.replaces;
    if (made || !ours) await markLeftover(client, id, now, number, mark);
    if (made) return versionId(current);
    if (!ours) break;
    secret = now;
  }
  throw staleWriter(client, "flip", id, "another writer was first");
}

/**
 * Claim, add, move: of several writers the last one to claim moves the alias `current` to its version, from
 * exactly the version that `replaces` names. Each step can be repeated by the same flip after a lost reply.
 */
export async function flipValue(client: GcpClient, name: string, request: FlipRequest): Promise<string> {
  const id = secretIdOf(name, "main");
  const mark: Mark = { epoch: request.tag.epoch, token: request.token };

  const start = await readOrMake(client, id, request, mark);
  if (start.done !== null) return start.done;
  const living = start.fresh ? [] : await listLiving(client, id);
  const { secret, number: made } = start.fresh
    ? { secret: start.secret, number: null }
    : await claim(client, id, start.secret, living, request, mark);
  const number = made ?? (await addVersion(client, id, request.value));
  return move(client, id, { read: secret, number, living: living.map((one) => one.number) }, request, mark);
}
