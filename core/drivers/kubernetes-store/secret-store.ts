import { PortError } from "../../ports/errors.ts";
import type { FlipRequest, SecretStore, StoreTag, VersionFacts } from "../../ports/secret-store.ts";
import { Secret } from "../../secret.ts";
import { withinLimits } from "../http/store-limits.ts";
import { change } from "./change.ts";
import { checkRoom, limits, system } from "./limits.ts";
import { createSecretApi, type SecretAccess, type SecretApi, type StoredSecret } from "./secret-api.ts";
import { asCurrent, currentOf, epochOf, versionIdsIn, versionIn, withoutVersions, withVersion } from "./versions.ts";

const roundKey = "round";

const nextOf = (name: string): string => `${name}-next`;
const roundOf = (name: string): string => `${name}-round`;

function conflict(operation: string, name: string, why: string, reason: "stale-writer" | "already-exists"): PortError {
  return new PortError("conflict", `${system}: ${operation} ${name}: ${why}`, { system, operation, reason });
}

/** Puts the value under its token into `<name>-next`; a token never stands for two values. */
async function keep(api: SecretApi, operation: string, name: string, value: Secret, tag: StoreTag, token: string) {
  await change(api, nextOf(name), operation, (next) => {
    const held = versionIn(next, token);
    if (held?.equals(value)) return null;
    if (held !== null) throw conflict(operation, name, "this version holds another value", "already-exists");
    checkRoom(operation, name, value, next?.data ?? {});
    return withVersion(token, value, tag.epoch);
  });
}

async function flip(api: SecretApi, name: string, request: FlipRequest): Promise<string> {
  const versionId = request.stagedVersionId ?? request.token;
  const isCurrent = (main: StoredSecret | null) => currentOf(main)?.versionId === versionId;
  const judge = (main: StoredSecret | null): void => {
    if (isCurrent(main) || (currentOf(main)?.versionId ?? null) === request.replaces) return;
    throw conflict("flip", name, "another version is current", "stale-writer");
  };
  const { secret } = await api.get(name);
  judge(secret);
  // Before it is current it is where it can be read back by its id.
  if (request.stagedVersionId === null && !isCurrent(secret)) {
    await keep(api, "flip", name, request.value, request.tag, request.token);
  }
  await change(api, name, "flip", (main) => {
    judge(main);
    return isCurrent(main) ? null : asCurrent(main, versionId, request.value, request.tag.epoch);
  });
  return versionId;
}

async function listVersions(api: SecretApi, name: string): Promise<readonly VersionFacts[]> {
  const [{ secret: main }, { secret: next }] = await Promise.all([api.get(name), api.get(nextOf(name))]);
  const current = currentOf(main)?.versionId ?? null;
  const ids = new Set([...versionIdsIn(next), ...(current === null ? [] : [current])]);
  return [...ids].map((versionId) => ({
    versionId,
    epoch: epochOf(main, next, versionId),
    current: versionId === current,
  }));
}

/**
 * Secrets of one namespace as a secret store, for a home or site on premises. `<name>` holds what readers mount
 * or refer to, its key `value`, and nothing else of ours; every living generation is a key of its own in
 * `<name>-next`, which no consumer needs a right on; the round is `<name>-round`. A flip is one patch under the
 * resource version just read, so it is fenced by the API server. Values are in etcd as the cluster keeps them:
 * encryption at rest is the cluster's. Rights, in the namespace: Secrets `get`, `create`, `patch`.
 */
export function createKubernetesStore(options: SecretAccess): SecretStore {
  const api = createSecretApi(options, system);
  const store: SecretStore = {
    async stage(name, value, tag, token) {
      await keep(api, "stage", name, value, tag, token);
      return { versionId: token };
    },

    async readVersion(name, versionId) {
      const held = versionIn((await api.get(nextOf(name))).secret, versionId);
      if (held !== null) return { versionId, value: held };
      const current = currentOf((await api.get(name)).secret);
      if (current?.versionId === versionId) return current;
      const message = `${system}: readVersion ${name}: no such version`;
      throw new PortError("not-found", message, { system, operation: "readVersion" });
    },

    async readCurrent(name) {
      return currentOf((await api.get(name)).secret);
    },

    async flip(name, request) {
      return { versionId: await flip(api, name, request) };
    },

    async readRound(name) {
      return (await api.get(roundOf(name))).secret?.data[roundKey]?.reveal() ?? null;
    },

    async writeRound(name, round) {
      const data = { [roundKey]: new Secret(round) };
      await change(api, roundOf(name), "writeRound", (found) =>
        found?.data[roundKey]?.reveal() === round ? null : { annotations: {}, data },
      );
    },

    async listVersions(name) {
      return listVersions(api, name);
    },

    async discard(name, versionIds) {
      if (versionIds.length === 0) return;
      const current = currentOf((await api.get(name)).secret)?.versionId ?? null;
      if (current !== null && versionIds.includes(current)) {
        throw conflict("discard", name, "a version is current", "stale-writer");
      }
      await change(api, nextOf(name), "discard", (next) => {
        const there = versionIdsIn(next).filter((versionId) => versionIds.includes(versionId));
        return there.length === 0 ? null : withoutVersions(there);
      });
    },
  };
  return withinLimits(store, limits);
}
