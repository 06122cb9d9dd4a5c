import { PortError } from "../../ports/errors.ts";
import type { StoreTag } from "../../ports/secret-store.ts";
import type { Secret } from "../../secret.ts";
import { type GcpClient, nullIfAbsent } from "../http/gcp-client.ts";
import { createSecret } from "../http/gcp-secrets.ts";
import { type Pending, readFrom, readPendings, withHead } from "./pending.ts";
import { newValues, secretIdOf, versionIdOf } from "./version-id.ts";
import { addVersion, destroyVersion, listAll } from "./versions.ts";

/** Makes `<name>-next` where it is not there yet. */
async function add(client: GcpClient, id: string, payload: Secret): Promise<number> {
  const added = await nullIfAbsent(addVersion(client, id, payload));
  if (added !== null) return added;
  await createSecret(client, id, {}, newValues);
  const again = await nullIfAbsent(addVersion(client, id, payload));
  if (again !== null) return again;
  const message = `${client.system}: stage ${id}: just made, and not to be seen yet`;
  throw new PortError("unreachable", message, { system: client.system, operation: "stage" });
}

/**
 * Adds the value to `<name>-next`: one write. A version that an earlier call with this token made of this very
 * value is that call's answer, also where a list from the past does not show it. Of two runners with the same
 * call the one whose version comes second finds the first one's below it, and destroys its own. What another
 * attempt left stays until its epoch is discarded.
 */
export async function stageValue(
  client: GcpClient,
  name: string,
  value: Secret,
  tag: StoreTag,
  token: string,
): Promise<string> {
  const id = secretIdOf(name, "next");
  const madeByThis = (pendings: readonly Pending[]): number | null =>
    pendings.find((pending) => pending.token === token && pending.value.equals(value))?.number ?? null;
  const versionId = (number: number): string => versionIdOf({ room: "next", number });

  const listed = await listAll(client, id);
  const unlisted = Math.max(0, ...listed.map(({ number }) => number)) + 1;
  const there = madeByThis([...(await readPendings(client, id, listed)), ...(await readFrom(client, id, unlisted))]);
  if (there !== null) return versionId(there);

  const number = await add(client, id, withHead(value, tag.epoch, token));
  const first = madeByThis(await readFrom(client, id, unlisted, number));
  if (first === null) return versionId(number);
  await destroyVersion(client, id, number);
  return versionId(first);
}
