import type { GcpClient } from "../http/gcp-client.ts";
import { getSecret, patchSecret } from "../http/gcp-secrets.ts";
import { currentOf, isReplaced, withoutTokens } from "./marks.ts";
import { staleWriter } from "./repeats.ts";
import { parseVersionId, secretIdOf, type VersionRef } from "./version-id.ts";
import { destroyVersion } from "./versions.ts";

/**
 * A version that a flip has replaced never becomes current again (`replacedBy`), whatever an old reading shows
 * beside that. Of any other one the token goes first, under the etag: from then on no flip takes it for its own,
 * and a flip that had read before, or an old reading in which it is not current yet, is refused.
 */
async function makeSure(client: GcpClient, name: string, numbers: readonly number[]): Promise<boolean> {
  const id = secretIdOf(name, "main");
  const secret = numbers.length === 0 ? null : await getSecret(client, id);
  if (secret === null) return false;
  const current = currentOf(secret);
  if (current !== null && numbers.includes(current)) {
    throw staleWriter(client, "discard", name, "a version is current");
  }
  if (numbers.every((number) => isReplaced(secret.annotations, number))) return true;
  await patchSecret(client, id, { annotations: withoutTokens(secret.annotations, numbers), etag: secret.etag });
  return true;
}

/**
 * A secret that we made has a `versionDestroyTtl`: the service disables the version and destroys it after that
 * grace by itself. In one that was there before without it, a version is destroyed at once.
 */
export async function discardVersions(client: GcpClient, name: string, versionIds: readonly string[]): Promise<void> {
  const refs = versionIds.map(parseVersionId).filter((ref): ref is VersionRef => ref !== null);
  const numbersIn = (room: VersionRef["room"]) => [
    ...new Set(refs.filter((ref) => ref.room === room).map(({ number }) => number)),
  ];
  // The main secret first: a current version among them stops everything.
  const main = numbersIn("main");
  if (await makeSure(client, name, main)) {
    for (const number of main) await destroyVersion(client, secretIdOf(name, "main"), number);
  }
  // No pending version is ever current.
  for (const number of numbersIn("next")) await destroyVersion(client, secretIdOf(name, "next"), number);
}
