import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import { readFailure } from "./errors.ts";
import { system, type Tags } from "./names.ts";
import type { VaultClient } from "./vault-client.ts";

const versionsMax = 10_000;
/** Key Vault gives 25 to a page. */
const pagesMax = 400;
const recoveryPauseMs = 2_000;
const recoveryAttemptsMax = 10;

export interface VaultVersion {
  readonly id: string;
  readonly value: Secret;
  readonly tags: Tags;
}

export interface VaultVersionFacts {
  readonly id: string;
  readonly tags: Tags;
  readonly enabled: boolean;
}

type Sleep = (ms: number) => Promise<void>;

function badReply(operation: string, name: string, why: string): PortError {
  return new PortError("invalid", `${system}: ${operation} ${name}: ${why}`, {
    system,
    operation,
    reason: "bad-reply",
  });
}

function idOf(operation: string, name: string, version: string | undefined): string {
  if (typeof version === "string" && /^[0-9a-f]{32}$/.test(version)) return version;
  throw badReply(operation, name, "no version id in the reply");
}

function tagsIn(operation: string, name: string, tags: unknown): Tags {
  if (tags === undefined || tags === null) return {};
  const isObject = typeof tags === "object" && !Array.isArray(tags);
  if (isObject && Object.values(tags).every((text) => typeof text === "string")) return { ...tags };
  throw badReply(operation, name, "tags that are none");
}

/** The five calls on a secret that the store is made of, over names as Key Vault has them. */
export class VaultSecrets {
  readonly #vault: VaultClient;
  readonly #sleep: Sleep;

  constructor(vault: VaultClient, sleep: Sleep) {
    this.#vault = vault;
    this.#sleep = sleep;
  }

  /** Without `id`: what readers get. Null: absent (soft-deleted too). Throws `conflict` (`disabled`) …  */
  async read(operation: string, name: string, id?: string): Promise<VaultVersion | null> {
    const reply = await this.#vault
      .run(operation, name, (client) => client.getSecret(name, id === undefined ? {} : { version: id }))
      .catch((error: unknown) => {
        if (error instanceof PortError && error.kind === "not-found") return null;
        throw error;
      });
    if (reply === null) return null;
    const version = idOf(operation, name, reply.properties.version);
    // The SDK gives what came, whatever its types say.
    if (typeof reply.value !== "string") throw badReply(operation, name, "no value in the reply");
    if (id !== undefined && id !== version) throw badReply(operation, name, "another version than asked for");
    return { id: version, value: new Secret(reply.value), tags: tagsIn(operation, name, reply.properties.tags) };
  }

  /** All versions, disabled ones too, in no order (Key Vault sorts by its random ids). Absent: none. */
  async list(operation: string, name: string): Promise<readonly VaultVersionFacts[]> {
    return this.#vault.run(operation, name, async (client) => {
      const found: VaultVersionFacts[] = [];
      let pages = 0;
      for await (const page of client.listPropertiesOfSecretVersions(name).byPage()) {
        pages += 1;
        if (pages > pagesMax) throw badReply(operation, name, `more than ${pagesMax} pages`);
        if (found.length + page.length > versionsMax)
          throw badReply(operation, name, `more than ${versionsMax} versions`);
        for (const { version, tags, enabled } of page)
          found.push({
            id: idOf(operation, name, version),
            tags: tagsIn(operation, name, tags),
            enabled: enabled !== false,
          });
      }
      return found;
    });
  }

  /** Key Vault destroys no version; a disabled one is read by nobody. An absent one is success. */
  async setEnabled(operation: string, name: string, id: string, enabled: boolean): Promise<void> {
    await this.#vault
      .run(operation, name, (client) => client.updateSecretProperties(name, id, { enabled }))
      .catch((error: unknown) => {
        if (!(error instanceof PortError) || error.kind !== "not-found") throw error;
      });
  }

  /**
   * Writes a new version, which is current at once; its id. A soft-deleted name is recovered first,
   * never purged: that brings its old value back to readers until the write, so `mayReplace` is asked
   * about it (null: it cannot be read, being disabled) and a refusal is `conflict` (`stale-writer`).
   */
  async write(
    operation: string,
    name: string,
    content: { readonly text: string; readonly tags: Tags; readonly contentType: string },
    mayReplace: (recovered: VaultVersion | null) => boolean = () => true,
  ): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      const { state, id } = await this.#tryWrite(operation, name, content);
      if (state === "written") return id;
      if (attempt === recoveryAttemptsMax) break;
      if (state === "deleted") {
        await this.#recover(operation, name);
        if (!mayReplace(await this.#readRecovered(operation, name))) {
          throw new PortError("conflict", `${system}: ${operation} ${name}: recovered, and held another value`, {
            system,
            operation,
            reason: "stale-writer",
          });
        }
      } else await this.#sleep(recoveryPauseMs);
    }
    throw new PortError("unreachable", `${system}: ${operation} ${name}: still being deleted or recovered`, {
      system,
      operation,
      status: 409,
    });
  }

  #tryWrite(
    operation: string,
    name: string,
    content: { readonly text: string; readonly tags: Tags; readonly contentType: string },
  ): Promise<{ readonly state: "written" | "deleted" | "busy"; readonly id: string }> {
    const { text, tags, contentType } = content;
    return this.#vault.run(operation, name, async (client) => {
      try {
        const { properties } = await client.setSecret(name, text, { tags: { ...tags }, contentType });
        return { state: "written", id: idOf(operation, name, properties.version) };
      } catch (error) {
        const { status, innerCode } = readFailure(error);
        if (status !== 409) throw error;
        if (innerCode === "ObjectIsDeletedButRecoverable") return { state: "deleted", id: "" };
        if (innerCode === "ObjectIsBeingRecovered" || innerCode === "ObjectIsBeingDeleted") {
          return { state: "busy", id: "" };
        }
        throw error;
      }
    });
  }

  #recover(operation: string, name: string): Promise<unknown> {
    return this.#vault.run(operation, name, async (client) => {
      try {
        return await client.beginRecoverDeletedSecret(name);
      } catch (error) {
        // Somebody else recovers it already.
        const { status } = readFailure(error);
        if (status !== 404 && status !== 409) throw error;
        return null;
      }
    });
  }

  /** What the recovered name holds, as soon as it can be read; null where that is disabled. */
  async #readRecovered(operation: string, name: string): Promise<VaultVersion | null> {
    for (let attempt = 1; attempt <= recoveryAttemptsMax; attempt += 1) {
      try {
        const found = await this.read(operation, name);
        if (found !== null) return found;
      } catch (error) {
        if (error instanceof PortError && error.reason === "disabled") return null;
        throw error;
      }
      await this.#sleep(recoveryPauseMs);
    }
    throw new PortError("unreachable", `${system}: ${operation} ${name}: not yet recovered`, { system, operation });
  }
}
