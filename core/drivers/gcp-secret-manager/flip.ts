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
  withMark,
  withoutWriting,
  withWriting,
} from "./marks.ts";
import { checkSize, findHolder, staleWriter } from "./repeats.ts";
import { secretIdOf, versionIdOf } from "./version-id.ts";
import { addVersion, listLiving } from "./versions.ts";

const versionId = (number: number): string => versionIdOf({ room: "main", number });

function isStaleWriter(error: unknown): boolean {
  return error instanceof PortError && error.reason === "stale-writer";
}

interface Claimed {
  readonly secret: GcpSecret;
  /** A version that an earlier call of this very flip has added; null: none. */
  readonly number: number | null;
}

/**
 * The right to add a version, taken under the etag of the reading whose alias was as expected: of several
 * writers one gets here, so that no loser's value becomes `latest`. An earlier call of the same flip is
 * recognised by its mark, or by its claim and the value of a version without a mark.
 */
async function claim(client: GcpClient, id: string, read: GcpSecret, request: FlipRequest, mark: Mark) {
  const { annotations, etag } = read;
  const marked = await findHolder(client, id, numbersOfToken(annotations, request.token), request.value);
  if (marked !== null) return { secret: read, number: marked } satisfies Claimed;
  if (isWriting(annotations, mark)) {
    const unmarked = (await listLiving(client, id))
      .filter(({ number, enabled }) => enabled && markOf(annotations, number) === null)
      .map(({ number }) => number);
    return { secret: read, number: await findHolder(client, id, unmarked, request.value) } satisfies Claimed;
  }
  const secret = await patchSecret(client, id, { annotations: withWriting(annotations, mark), etag });
  return { secret, number: null } satisfies Claimed;
}

/** What there is to claim in; null: this flip has been made already, by the version current. */
async function readOrMake(client: GcpClient, id: string, name: string, request: FlipRequest, mark: Mark) {
  const found = await getSecret(client, id);
  const stale = (why: string): PortError => staleWriter(client, "flip", name, why);
  if (found === null) {
    if (request.replaces !== null) throw stale("there is no such value");
    const made = await createSecret(client, id, withWriting({}, mark));
    if (made === null) throw stale("it was made meanwhile");
    return { secret: made, done: null, fresh: true };
  }
  const current = currentOf(found);
  if (current !== null && markOf(found.annotations, current)?.token === request.token) {
    return { secret: found, done: versionId(current), fresh: false };
  }
  const currentId = current === null ? null : versionId(current);
  if (currentId !== request.replaces) throw stale("another version is current");
  return { secret: found, done: null, fresh: false };
}

/**
 * After the last patch was refused: another runner with the same flip may have made it. What we added stays
 * (destroying the newest version would take `latest` from its readers) and is marked with its epoch, as far
 * as that goes at once, so that it is discarded with its generation.
 */
async function lost(client: GcpClient, id: string, name: string, number: number, mark: Mark): Promise<string> {
  const now = await getSecret(client, id);
  const current = now === null ? null : currentOf(now);
  if (now !== null && current !== number && markOf(now.annotations, number) === null) {
    await patchSecret(client, id, { annotations: withMark(now.annotations, number, mark), etag: now.etag }).catch(
      (error: unknown) => {
        if (!(error instanceof PortError)) throw error;
      },
    );
  }
  if (now !== null && current !== null && markOf(now.annotations, current)?.token === mark.token) {
    return versionId(current);
  }
  throw staleWriter(client, "flip", name, "another writer was first");
}

/**
 * Claim, add, move: the alias `current` goes to the new version in the same patch that marks it, under the
 * etag of the claim. Each step can be repeated by the same flip after a lost reply; any other writer in
 * between makes the last one fail.
 */
export async function flipValue(client: GcpClient, name: string, request: FlipRequest): Promise<string> {
  checkSize(client, "flip", name, request.value);
  const id = secretIdOf(name, "main");
  const mark: Mark = { epoch: request.tag.epoch, token: request.token };

  const start = await readOrMake(client, id, name, request, mark);
  if (start.done !== null) return start.done;
  const { secret, number: earlier } = start.fresh
    ? { secret: start.secret, number: null }
    : await claim(client, id, start.secret, request, mark);
  const number = earlier ?? (await addVersion(client, id, request.value));
  try {
    await patchSecret(client, id, {
      aliases: { ...secret.aliases, [currentAlias]: number },
      annotations: withMark(withoutWriting(secret.annotations), number, mark),
      etag: secret.etag,
    });
    return versionId(number);
  } catch (error) {
    if (!isStaleWriter(error)) throw error;
    return lost(client, id, name, number, mark);
  }
}
