import { PortError } from "../../ports/errors.ts";
import type { StoreTag } from "../../ports/secret-store.ts";
import type { Secret } from "../../secret.ts";
import type { GcpClient } from "../http/gcp-client.ts";
import { createSecret, type GcpSecret, getSecret, patchSecret } from "../http/gcp-secrets.ts";
import { type Mark, markOf, numbersOfToken, withMark } from "./marks.ts";
import { findHolder, lookedIntoMax, staleWriter } from "./repeats.ts";
import { newValues, secretIdOf, versionIdOf } from "./version-id.ts";
import { addVersion, destroyVersion, listLiving } from "./versions.ts";

const markAttemptsMax = 4;

/**
 * A mark is added to whatever is there, so losing to another writer only means adding it to his. Gives the
 * annotations as written: the etag proved that they were not read from the past.
 */
async function mark(client: GcpClient, id: string, read: GcpSecret | null, number: number, wanted: Mark) {
  let secret = read;
  for (let attempt = 1; attempt <= markAttemptsMax; attempt += 1) {
    secret ??= await getSecret(client, id);
    if (secret === null) break;
    try {
      const annotations = withMark(secret.annotations, number, wanted);
      return (await patchSecret(client, id, { annotations, etag: secret.etag })).annotations;
    } catch (error) {
      if (!(error instanceof PortError) || error.reason !== "stale-writer") throw error;
      secret = null;
    }
  }
  throw staleWriter(client, "stage", id, "other writers were always first");
}

/** Best effort, what fails is seen again by the next one. */
async function sweep(client: GcpClient, id: string, numbers: readonly number[]): Promise<void> {
  for (const number of numbers.slice(0, lookedIntoMax)) {
    await destroyVersion(client, id, number).catch((error: unknown) => {
      if (!(error instanceof PortError)) throw error;
    });
  }
}

/**
 * Adds the value to `<name>-next` and marks it. That secret is ours alone: an older version in it without a
 * mark was left by an interrupted call; it is taken where it holds this very value and destroyed otherwise
 * ("the next one overwrites it", rotation.md). Versions with a mark stay until they are discarded.
 */
export async function stageValue(
  client: GcpClient,
  name: string,
  value: Secret,
  tag: StoreTag,
  token: string,
): Promise<string> {
  const id = secretIdOf(name, "next");
  const wanted: Mark = { epoch: tag.epoch, token };
  const versionId = (number: number): string => versionIdOf({ room: "next", number });

  const found = await getSecret(client, id);
  const made = found === null ? await createSecret(client, id, {}, newValues) : null;
  const secret = made ?? found ?? (await getSecret(client, id));
  const read = secret?.annotations ?? {};
  const marked = await findHolder(client, id, numbersOfToken(read, token), value);
  if (marked !== null) return versionId(marked);

  const living = made === null ? await listLiving(client, id) : [];
  const open = living.filter((version) => version.enabled && markOf(read, version.number) === null);
  const left = await findHolder(
    client,
    id,
    open.map((version) => version.number),
    value,
  );
  const number = left ?? (await addVersion(client, id, value));
  const written = await mark(client, id, secret, number, wanted);
  const leftovers = living.map((version) => version.number).filter((one) => markOf(written, one) === null);
  await sweep(client, id, leftovers);
  return versionId(number);
}
