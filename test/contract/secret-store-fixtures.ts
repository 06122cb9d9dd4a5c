import { createHash } from "node:crypto";
import type { FlipRequest, SecretStore, StoreTag } from "../../core/ports/secret-store.ts";
import { Secret } from "../../core/secret.ts";

export function tagOf(epoch: number): StoreTag {
  return { ledgerId: "5f0c2b7a9d3e4c11", epoch, generation: epoch };
}

/** As the engine's: the same for the same purpose, 40 characters of [a-z0-9-]. */
export function tokenOf(name: string, purpose: string): string {
  return `cap-${createHash("sha256").update(`${name}/${purpose}`).digest("hex").slice(0, 36)}`;
}

/** A value as the engine writes it: a flat JSON object of strings. */
export function valueFor(label: string): Secret {
  return new Secret(JSON.stringify({ format: "1", username: `robot$${label}`, password: `pw-${label}-Aa1` }));
}

export function stageEpoch(store: SecretStore, name: string, epoch: number, value = valueFor(`e${epoch}`)) {
  return store.stage(name, value, tagOf(epoch), tokenOf(name, `stage-${epoch}`));
}

export function flipRequest(name: string, epoch: number, changes: Partial<FlipRequest> = {}): FlipRequest {
  return {
    value: valueFor(`e${epoch}`),
    tag: tagOf(epoch),
    token: tokenOf(name, `flip-${epoch}`),
    replaces: null,
    stagedVersionId: null,
    ...changes,
  };
}

/** Flips epochs 1 to `last`, each replacing the one before; the version ids in that order. */
export async function flipThrough(store: SecretStore, name: string, last: number): Promise<readonly string[]> {
  const versionIds: string[] = [];
  for (let epoch = 1; epoch <= last; epoch += 1) {
    const replaces = versionIds.at(-1) ?? null;
    versionIds.push((await store.flip(name, flipRequest(name, epoch, { replaces }))).versionId);
  }
  return versionIds;
}

/** What can be compared of a name: the current text and the facts, in a fixed order. */
export async function pictureOf(store: SecretStore, name: string) {
  const current = await store.readCurrent(name);
  const versions = [...(await store.listVersions(name))].sort((a, b) => (a.versionId < b.versionId ? -1 : 1));
  return { versionId: current?.versionId ?? null, text: current?.value.reveal() ?? null, versions };
}
