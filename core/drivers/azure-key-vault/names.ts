import { PortError } from "../../ports/errors.ts";
import type { StoreTag } from "../../ports/secret-store.ts";
import type { Secret } from "../../secret.ts";

export const system = "azure-key-vault";

/** Which of the two secrets a version belongs to: the one that readers use, or `<name>-next`. */
export type Place = "main" | "next";

const nameCharactersMax = 127;
const valueBytesMax = 25_600;
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

/** Throws `invalid` where Key Vault would refuse the name or one of its neighbours'. */
export function checkName(name: string, operation: string): void {
  if (/^[0-9a-zA-Z-]+$/.test(name) && `${name}-round`.length <= nameCharactersMax) return;
  const lengthMax = nameCharactersMax - "-round".length;
  throw new PortError(
    "invalid",
    `${system}: ${operation}: a name may have 0-9, a-z, A-Z and -, at most ${lengthMax} characters`,
    { system, operation },
  );
}

/** Throws `invalid` (`too-large`): 25 kB is Key Vault's limit, and not every stand-in knows it (standins.md §3). */
export function checkValue(value: Secret, operation: string): void {
  const bytes = Buffer.byteLength(value.reveal());
  if (bytes <= valueBytesMax) return;
  throw new PortError("invalid", `${system}: ${operation}: the value has ${bytes} bytes, at most ${valueBytesMax}`, {
    system,
    operation,
    reason: "too-large",
  });
}

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
