import type { GcpClient } from "../http/gcp-client.ts";
import { getSecret, patchSecret } from "../http/gcp-secrets.ts";
import { currentOf, markOf, numbersDiscarded, withMark, withoutMarks } from "./marks.ts";
import { staleWriter } from "./repeats.ts";
import { parseVersionId, type Room, secretIdOf, type VersionRef } from "./version-id.ts";
import { destroyVersion, listLiving } from "./versions.ts";

/**
 * The tokens go first, under the etag: from then on no flip takes one of these versions again, and a flip that had
 * read before, or an old reading in which one of these is not current yet, is refused. The epochs stay until the
 * next discard, so that an interrupted one is seen and repeated.
 */
async function discardIn(client: GcpClient, name: string, room: Room, numbers: readonly number[]): Promise<void> {
  const id = secretIdOf(name, room);
  const secret = numbers.length === 0 ? null : await getSecret(client, id);
  if (secret === null) return;
  const current = currentOf(secret);
  if (current !== null && numbers.includes(current)) {
    throw staleWriter(client, "discard", name, "a version is current");
  }
  const living = (await listLiving(client, id)).map(({ number }) => number);
  let annotations = withoutMarks(secret.annotations, numbersDiscarded(secret.annotations, living, current));
  for (const number of numbers) {
    const mark = markOf(annotations, number);
    if (mark !== null) annotations = withMark(annotations, number, { epoch: mark.epoch, token: null });
  }
  await patchSecret(client, id, { annotations, etag: secret.etag });
  for (const number of numbers) await destroyVersion(client, id, number);
}

/**
 * A secret that we made has a `versionDestroyTtl`: the service disables the version and destroys it after that
 * grace by itself. In one that was there before without it, a version is destroyed at once.
 */
export async function discardVersions(client: GcpClient, name: string, versionIds: readonly string[]): Promise<void> {
  const refs = versionIds.map(parseVersionId).filter((ref): ref is VersionRef => ref !== null);
  // The main secret first: a current version among them stops everything.
  for (const room of ["main", "next"] as const) {
    const numbers = refs.filter((ref) => ref.room === room).map((ref) => ref.number);
    await discardIn(client, name, room, [...new Set(numbers)]);
  }
}
