import { setTimeout as pause } from "node:timers/promises";
import { PortError } from "../../ports/errors.ts";
import type { SecretStore, StoreVersion, VersionFacts } from "../../ports/secret-store.ts";
import { withinLimits } from "../http/store-limits.ts";
import { discardVersions, readCurrentId } from "./discard.ts";
import { flipCurrent, valueContentType } from "./flip.ts";
import {
  decodeVersion,
  encodeVersion,
  epochOf,
  limits,
  type Place,
  secretName,
  system,
  tagsOf,
  tokenOf,
} from "./names.ts";
import { VaultClient, type VaultClientOptions } from "./vault-client.ts";
import { VaultSecrets, type VaultVersion } from "./vault-secrets.ts";

export interface KeyVaultStoreOptions extends VaultClientOptions {
  /** Waits between looks at something that Key Vault is still about (recovery, confirmation); `setTimeout` where absent. */
  readonly sleep?: ((ms: number) => Promise<void>) | undefined;
}

/**
 * Azure Key Vault (clouds.md B1, standins.md §3). What differs from other stores:
 * - every write is current at once, so a pending value has a secret of its own, `<name>-next`;
 *   version ids say which: `main/<id>`, `next/<id>`. A staged value is copied, never moved;
 * - no fence: see `flipCurrent`;
 * - no version can be destroyed: `discard` disables, and disabled versions are no longer listed. The
 *   value stays in the vault, unreadable until somebody enables it; its robot is gone by then;
 * - a soft-deleted name is recovered and written over, never purged (needs the recover permission);
 * - a disabled current version is `conflict` (`disabled`), not an older version.
 * A call is sent once: no retries here.
 */
export function createKeyVaultStore(options: KeyVaultStoreOptions): SecretStore {
  const sleep = options.sleep ?? ((ms: number) => pause(ms));
  const secrets = new VaultSecrets(new VaultClient(options), sleep);
  const store: SecretStore = {
    async stage(name, value, tag, token) {
      const next = secretName(name, "next");
      for (const { id, tags, enabled } of await secrets.list("stage", next)) {
        if (!enabled || tokenOf(tags) !== token) continue;
        const found = await secrets.read("stage", next, id);
        if (found?.value.equals(value)) return { versionId: encodeVersion("next", id) };
      }
      const content = { text: value.reveal(), tags: tagsOf(tag, token), contentType: valueContentType };
      return { versionId: encodeVersion("next", await secrets.write("stage", next, content)) };
    },

    async readVersion(name, versionId) {
      const wanted = decodeVersion(versionId);
      const found =
        wanted === null ? null : await secrets.read("readVersion", secretName(name, wanted.place), wanted.id);
      if (wanted !== null && found !== null) return portVersion(wanted.place, found);
      throw new PortError("not-found", `${system}: readVersion ${name}: no such version`, {
        system,
        operation: "readVersion",
      });
    },

    async readCurrent(name) {
      const found = await secrets.read("readCurrent", name);
      return found === null ? null : portVersion("main", found);
    },

    async flip(name, request) {
      return { versionId: encodeVersion("main", await flipCurrent(secrets, name, request, sleep)) };
    },

    async readRound(name) {
      return (await secrets.read("readRound", secretName(name, "round")))?.value.reveal() ?? null;
    },

    async writeRound(name, round) {
      const place = secretName(name, "round");
      if ((await secrets.read("writeRound", place))?.value.reveal() === round) return;
      await secrets.write("writeRound", place, { text: round, tags: {}, contentType: "text/plain" });
    },

    async listVersions(name) {
      const current = await readCurrentId(secrets, name, "listVersions");
      return [...(await listPlace(secrets, name, "main", current)), ...(await listPlace(secrets, name, "next", null))];
    },

    async discard(name, versionIds) {
      await discardVersions(secrets, name, versionIds);
    },
  };
  return withinLimits(store, limits);
}

function portVersion(place: Place, { id, value }: VaultVersion): StoreVersion {
  return { versionId: encodeVersion(place, id), value };
}

async function listPlace(
  secrets: VaultSecrets,
  name: string,
  place: Place,
  current: string | null,
): Promise<readonly VersionFacts[]> {
  const found = await secrets.list("listVersions", secretName(name, place));
  return found
    .filter(({ enabled }) => enabled)
    .map(({ id, tags }) => ({ versionId: encodeVersion(place, id), epoch: epochOf(tags), current: id === current }));
}
