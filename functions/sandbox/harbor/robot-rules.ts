import { randomBytes } from "node:crypto";
import { Secret } from "../../../core/secret.ts";
import { inCatalogue } from "./catalogue.ts";
import type { JsonObject } from "./json-body.ts";
import { badRequest, crash } from "./refusal.ts";
import { type Access, type HarborState, versionAtLeast } from "./state.ts";

export interface WantedPermission {
  readonly kind: "system" | "project";
  readonly namespace: string;
  readonly access: readonly Access[];
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function readPermission(
  state: HarborState,
  entry: unknown,
): Omit<WantedPermission, "kind"> & { readonly kind: string } {
  if (entry === null || typeof entry !== "object") {
    // A null entry makes v2.15.2 crash, 2.16 takes it for none (recorded in 03-robots-create, 20-version-2.16-dev).
    throw versionAtLeast(state, 2, 16) ? badRequest("bad request empty permission") : crash();
  }
  const { kind, namespace, access } = entry as JsonObject;
  const list = Array.isArray(access) ? (access as JsonObject[]) : [];
  return {
    kind: text(kind),
    namespace: text(namespace),
    access: list.map((item) => ({
      resource: text(item["resource"]),
      action: text(item["action"]),
      effect: text(item["effect"]),
    })),
  };
}

/** Harbor's rule for names as sent (harbor.md §1.3). */
export function checkName(name: unknown): string {
  if (typeof name === "string" && /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name)) return name;
  throw badRequest("robot name is not in lower case or contains illegal characters");
}

/** Duration, level, permissions, in Harbor's order and with its texts (harbor.md §10.8-11). */
export function checkRobot(
  state: HarborState,
  durationDays: number,
  level: unknown,
  permissions: unknown,
): { readonly level: "system" | "project"; readonly permissions: readonly WantedPermission[] } {
  // Up to 2.10 a duration of 0 stood for the default of the system (harbor.md §1.3).
  const smallest = versionAtLeast(state, 2, 11) ? 1 : 0;
  if (durationDays !== -1 && (durationDays < smallest || durationDays >= 2147483647))
    throw badRequest(
      `bad request error duration input: ${durationDays}, duration must be either -1(Never) or a positive integer`,
    );
  if (level !== "system" && level !== "project") throw badRequest(`bad request error level input: ${text(level)}`);
  const entries = Array.isArray(permissions) ? permissions.map((entry) => readPermission(state, entry)) : [];
  if (entries.length === 0) throw badRequest("bad request empty permission");
  if (entries.some((entry) => entry.access.length === 0)) throw badRequest("bad request empty access");
  if (level === "project" && entries.length > 1) throw badRequest("bad request permission");
  const checked = entries.map((entry): WantedPermission => {
    const { kind } = entry;
    if (kind !== "system" && kind !== "project") throw badRequest(`bad request permission level: ${kind}`);
    for (const { resource, action } of entry.access) {
      if (!inCatalogue(state, kind, resource, action))
        throw badRequest(`bad request permission: ${resource}:${action}`);
    }
    return { ...entry, kind };
  });
  return { level, permissions: checked };
}

/** Length in bytes, letters in ASCII (harbor.md §1.4). */
export function obeysSecretRule(secret: string): boolean {
  const bytes = Buffer.byteLength(secret);
  return bytes >= 8 && bytes <= 128 && /[a-z]/.test(secret) && /[A-Z]/.test(secret) && /\d/.test(secret);
}

/** 32 characters of [A-Za-z0-9] that obey the rule (harbor.md §10.7). */
export function generateSecret(): Secret {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (;;) {
    // Bytes from 248 on would favour the first letters.
    const characters = [...randomBytes(64)].filter((byte) => byte < 248).map((byte) => alphabet[byte % 62] ?? "");
    const secret = characters.slice(0, 32).join("");
    if (secret.length === 32 && obeysSecretRule(secret)) return new Secret(secret);
  }
}

/** Epoch seconds at which a robot of this age ends; -1 never. */
export function expiryOf(createdAtMs: number, durationDays: number): number {
  return durationDays === -1 ? -1 : Math.floor(createdAtMs / 1000) + durationDays * 86_400;
}
