import type { StoreTag } from "../../ports/secret-store.ts";
import type { StoreLimits } from "../http/store-limits.ts";

export const system = "azure-key-vault";

/** Which of the two secrets a version belongs to: the one that readers use, or `<name>-next`. */
export type Place = "main" | "next";

const tagKeys = {
  ledgerId: "capstan-ledger",
  epoch: "capstan-epoch",
  generation: "capstan-generation",
  token: "capstan-token",
} as const;
export type Tags = Readonly<Record<string, string>>;

export function secretName(name: string, place: Place | "round"): string {
  return place === "main" ? name : `${name}-${place}`;
}

/** Service limits and "About secrets"; not every stand-in knows them (standins.md §3). */
export const limits: StoreLimits = {
  system,
  namePattern: /^[0-9a-zA-Z-]+$/,
  nameCharactersMax: 127 - "-round".length,
  nameAllows: "0-9, a-z, A-Z and -",
  valueBytesMax: 25_600,
};

export function encodeVersion(place: Place, id: string): string {
  return `${place}/${id}`;
}

/** Null: no version id of this driver. */
export function decodeVersion(versionId: string): { readonly place: Place; readonly id: string } | null {
  const [, place, id] = /^(main|next)\/([0-9a-f]{32})$/.exec(versionId) ?? [];
  return place === undefined || id === undefined ? null : { place: place as Place, id };
}

export function tagsOf(tag: StoreTag, token: string): Tags {
  return {
    [tagKeys.ledgerId]: tag.ledgerId,
    [tagKeys.epoch]: String(tag.epoch),
    [tagKeys.generation]: String(tag.generation),
    [tagKeys.token]: token,
  };
}

/** Null: not a version of ours. */
export function epochOf(tags: Tags): number | null {
  const text = tags[tagKeys.epoch] ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

export function tokenOf(tags: Tags): string | undefined {
  return tags[tagKeys.token];
}

export function ledgerIdOf(tags: Tags): string | undefined {
  return tags[tagKeys.ledgerId];
}
