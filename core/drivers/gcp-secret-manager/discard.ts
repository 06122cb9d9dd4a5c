import { PortError } from "../../ports/errors.ts";
import type { GcpClient } from "../http/gcp-client.ts";
import { getSecret, patchSecret } from "../http/gcp-secrets.ts";
import { currentOf, markOf, withMark, withoutMarks } from "./marks.ts";
import { staleWriter } from "./repeats.ts";
import { parseVersionId, type Room, secretIdOf, type VersionRef } from "./version-id.ts";
import { destroyVersion } from "./versions.ts";

/**
 * The tokens go first, under the etag: from then on no flip takes one of these versions again, and a flip
 * that had read before is refused. The epochs go last, so that an interrupted discard is seen and repeated.
 */
async function discardIn(client: GcpClient, name: string, room: Room, numbers: readonly number[]): Promise<void> {
  const id = secretIdOf(name, room);
  const secret = numbers.length === 0 ? null : await getSecret(client, id);
  if (secret === null) return;
  const current = currentOf(secret);
  if (current !== null && numbers.includes(current)) {
    throw staleWriter(client, "discard", name, "a version is current");
  }
  let { annotations, etag } = secret;
  const marked = numbers.filter((number) => markOf(annotations, number) !== null);
  for (const number of marked) {
    annotations = withMark(annotations, number, { epoch: markOf(annotations, number)?.epoch ?? 0, token: null });
  }
  // Also where no mark has to change: an old reading, in which one of these is not current yet, is refused here.
  etag = (await patchSecret(client, id, { annotations, etag })).etag;
  for (const number of numbers) await destroyVersion(client, id, number);
  if (marked.length === 0) return;
  await patchSecret(client, id, { annotations: withoutMarks(annotations, marked), etag }).catch((error: unknown) => {
    // Somebody wrote meanwhile: what stays behind is the mark of a version that holds nothing.
    if (!(error instanceof PortError) || error.reason !== "stale-writer") throw error;
  });
}

/**
 * Destroyed at once, without a time of being disabled: a version is discarded when its robot is gone or was
 * never handed out. Whoever wants a grace sets `versionDestroyTtl` on the secret; the service then
 * disables first by itself.
 */
export async function discardVersions(client: GcpClient, name: string, versionIds: readonly string[]): Promise<void> {
  const refs = versionIds.map(parseVersionId).filter((ref): ref is VersionRef => ref !== null);
  // The main secret first: a current version among them stops everything.
  for (const room of ["main", "next"] as const) {
    const numbers = refs.filter((ref) => ref.room === room).map((ref) => ref.number);
    await discardIn(client, name, room, [...new Set(numbers)]);
  }
}
