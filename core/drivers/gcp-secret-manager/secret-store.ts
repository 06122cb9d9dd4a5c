import { PortError } from "../../ports/errors.ts";
import type { SecretStore, StoreVersion, VersionFacts } from "../../ports/secret-store.ts";
import { createGcpClient, type GcpAccess, type GcpClient } from "../http/gcp-client.ts";
import { getSecret } from "../http/gcp-secrets.ts";
import { type StoreLimits, withinLimits } from "../http/store-limits.ts";
import { discardVersions } from "./discard.ts";
import { flipValue } from "./flip.ts";
import { currentAlias, currentOf, markOf } from "./marks.ts";
import { headBytesMax, readPendings, withoutHead } from "./pending.ts";
import { readRound, writeRound } from "./round.ts";
import { stageValue } from "./stage.ts";
import { parseVersionId, secretIdOf, versionIdOf } from "./version-id.ts";
import { accessVersion, isDestroyed, listLiving } from "./versions.ts";

const system = "gcp-secret-manager";

/** Of `resources.proto`: Secret's id and SecretPayload, which holds a pending value's head too. */
const limits: StoreLimits = {
  system,
  namePattern: /^[A-Za-z0-9_-]+$/,
  nameCharactersMax: 255 - "-round".length,
  nameAllows: "letters, digits, dashes and underscores",
  valueBytesMax: 65_536 - headBytesMax,
};

async function readVersion(client: GcpClient, name: string, versionId: string): Promise<StoreVersion> {
  const absent = new PortError("not-found", `${system}: readVersion ${name}: no such version, or destroyed`, {
    system,
    operation: "readVersion",
  });
  const ref = parseVersionId(versionId);
  if (ref === null) throw absent;
  const id = secretIdOf(name, ref.room);
  try {
    const found = await accessVersion(client, id, ref.number);
    if (found === null) throw absent;
    return { versionId, value: ref.room === "next" ? withoutHead(found.value) : found.value };
  } catch (error) {
    if (!(error instanceof PortError) || error.reason !== "disabled") throw error;
    throw (await isDestroyed(client, id, ref.number)) ? absent : error;
  }
}

async function listMain(client: GcpClient, name: string): Promise<readonly VersionFacts[]> {
  const id = secretIdOf(name, "main");
  const secret = await getSecret(client, id);
  if (secret === null) return [];
  const current = currentOf(secret);
  return (await listLiving(client, id)).map(({ number }) => ({
    versionId: versionIdOf({ room: "main", number }),
    epoch: markOf(secret.annotations, number)?.epoch ?? null,
    current: number === current,
  }));
}

async function listNext(client: GcpClient, name: string): Promise<readonly VersionFacts[]> {
  const id = secretIdOf(name, "next");
  const living = await listLiving(client, id);
  const epochs = new Map((await readPendings(client, id, living)).map(({ number, epoch }) => [number, epoch]));
  return living.map(({ number }) => ({
    versionId: versionIdOf({ room: "next", number }),
    epoch: epochs.get(number) ?? null,
    current: false,
  }));
}

/**
 * Secret Manager of one Google Cloud project as a secret store. Readers ask for
 * `secrets/<name>/versions/current:access`; pending values are versions of a second secret `<name>-next`,
 * since readers of `latest` exist; a promoted value is a new version of `<name>`, current by its alias.
 * Only a version by its number is read consistently (resource consistency page): an alias, an etag or a list
 * may be some minutes old, and a flip made on an old reading is refused. Rights, on the three secrets:
 * `secretmanager.secrets.create`, `.get`, `.update`; `secretmanager.versions.add`, `.access`, `.list`,
 * `.get`, `.destroy`.
 */
export function createGcpSecretStore(options: GcpAccess): SecretStore {
  return gcpSecretStoreOver(createGcpClient(options, system));
}

/** The same, by whatever client keeps `GcpClient`'s word: with Google's own one the contract runs a second time. */
export function gcpSecretStoreOver(client: GcpClient): SecretStore {
  const store: SecretStore = {
    stage: async (name, value, tag, token) => ({ versionId: await stageValue(client, name, value, tag, token) }),
    flip: async (name, request) => ({ versionId: await flipValue(client, name, request) }),
    discard: (name, versionIds) => discardVersions(client, name, versionIds),
    readVersion: (name, versionId) => readVersion(client, name, versionId),
    async readCurrent(name) {
      const found = await accessVersion(client, secretIdOf(name, "main"), currentAlias);
      if (found === null) return null;
      return { versionId: versionIdOf({ room: "main", number: found.number }), value: found.value };
    },
    async listVersions(name) {
      return [...(await listMain(client, name)), ...(await listNext(client, name))];
    },
    readRound: (name) => readRound(client, name),
    writeRound: (name, round) => writeRound(client, name, round),
  };
  return withinLimits(store, limits);
}
