import type { Login } from "../ports/registry.ts";
import type { ValueTrace } from "../protocol/effects.ts";
import { remembered } from "../protocol/remembered.ts";
import { dockerconfigjson, keyedHash, MalformedPullSecretError } from "../pullsecret/index.ts";
import { Secret } from "../secret.ts";

export const valueFormat = 1;

/** What a store holds under the credential's name; written as a flat JSON object of strings, so that any reader can use it. */
export interface StoreValue {
  readonly ledgerId: string;
  readonly epoch: number;
  readonly generation: number;
  /** Random; keys the hashes in ledgers and reports, so that nobody can guess a password from them. */
  readonly hashKey: string;
  readonly login: Login;
  /** Key in a pull Secret: `host[:port]`. */
  readonly registryKey: string;
  readonly expiresAtMs: number | null;
  readonly robotId: number;
}

export function encodeValue(value: StoreValue): Secret {
  return new Secret(
    JSON.stringify({
      v: String(valueFormat),
      ledger: value.ledgerId,
      epoch: String(value.epoch),
      generation: String(value.generation),
      hashKey: value.hashKey,
      username: value.login.username,
      password: value.login.password.reveal(),
      registry: value.registryKey,
      dockerconfigjson: dockerconfigjson(value.registryKey, value.login),
      expiresAt: value.expiresAtMs === null ? "never" : new Date(value.expiresAtMs).toISOString(),
      robotId: String(value.robotId),
    }),
  );
}

/** `foreign`: not a value of ours. `newer`: of a format this version does not know; nothing may be written over it. */
export type DecodedValue =
  | { readonly is: "ours"; readonly value: StoreValue }
  | { readonly is: "foreign" }
  | { readonly is: "newer"; readonly format: number };

export const decodeValue: (text: Secret) => DecodedValue = remembered(decode);

function decode(text: Secret): DecodedValue {
  const fields = flatStrings(text);
  if (fields === null) return { is: "foreign" };
  const format = Number(fields["v"]);
  if (!Number.isInteger(format) || format < 1) return { is: "foreign" };
  if (format > valueFormat) return { is: "newer", format };
  const [epoch, generation, robotId] = [fields["epoch"], fields["generation"], fields["robotId"]].map(Number);
  const { ledger, hashKey, username, password, registry, expiresAt } = fields;
  const numbers = isCount(epoch) && isCount(generation) && isCount(robotId);
  if (!numbers || !/^[0-9a-f]{32}$/.test(ledger ?? "") || !hashKey || !username || !password || !registry)
    return { is: "foreign" };
  const expiresAtMs = expiresAt === "never" ? null : Date.parse(expiresAt ?? "");
  const login = { username, password: new Secret(password) };
  if (Number.isNaN(expiresAtMs) || !canBeHandedOut(registry, login)) return { is: "foreign" };
  return {
    is: "ours",
    value: {
      ledgerId: ledger ?? "",
      epoch,
      generation,
      hashKey,
      login,
      registryKey: registry,
      expiresAtMs,
      robotId,
    },
  };
}

/** As the ledger's counts: see there. */
const countMax = 999_999_999_999_999;

function isCount(number: number | undefined): number is number {
  return number !== undefined && Number.isSafeInteger(number) && number > 0 && number <= countMax;
}

/** We write no value whose login no pull Secret can hold (control characters, a registry that is no host). */
function canBeHandedOut(registryKey: string, login: Login): boolean {
  try {
    dockerconfigjson(registryKey, login);
    return true;
  } catch (error) {
    if (error instanceof MalformedPullSecretError) return false;
    throw error;
  }
}

function flatStrings(text: Secret): Record<string, string | undefined> | null {
  try {
    const parsed: unknown = JSON.parse(text.reveal());
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return null;
    return Object.values(parsed).every((field) => typeof field === "string")
      ? (parsed as Record<string, string>)
      : null;
  } catch {
    return null;
  }
}

export const hashOf: (value: StoreValue) => string = remembered(({ hashKey, login }) => keyedHash(hashKey, login));

export function traceOf(value: StoreValue): ValueTrace {
  const { ledgerId, epoch, generation } = value;
  return { ledgerId, epoch, generation, username: value.login.username, hash: hashOf(value) };
}
