import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import type { GcpClient } from "../http/gcp-client.ts";
import { accessVersion, type ListedVersion } from "./versions.ts";

/** What a pending version says of itself. */
export interface Pending {
  readonly number: number;
  readonly epoch: number;
  /** Of the call that staged it. */
  readonly token: string;
  readonly value: Secret;
}

const headPattern = /^capstan-pending (\d{1,15}) ([a-z0-9-]{1,64})\n/;
/** Of the longest head there is. */
export const headBytesMax = "capstan-pending ".length + 15 + 1 + 64 + 1;

/** Versions that are read, oldest first; the others are seen when these are gone. */
const readMax = 200;
const readAtOnce = 16;

/**
 * A version carries nothing but its payload, and a mark beside it would cost a second write. `<name>-next` has
 * no reader but us, so what a pending version is stands in a line before its value.
 */
export function withHead(value: Secret, epoch: number, token: string): Secret {
  return new Secret(`capstan-pending ${epoch} ${token}\n${value.reveal()}`);
}

/** The value without its head; what has none is somebody else's and stays as it is. */
export function withoutHead(text: Secret): Secret {
  return new Secret(text.reveal().replace(headPattern, ""));
}

/** `silent`: disabled, destroyed, or without a head of ours. */
async function lookInto(client: GcpClient, id: string, number: number): Promise<Pending | "absent" | "silent"> {
  try {
    const held = await accessVersion(client, id, number);
    if (held === null) return "absent";
    const [, epoch, token] = headPattern.exec(held.value.reveal()) ?? [];
    if (epoch === undefined || token === undefined) return "silent";
    return { number, epoch: Number(epoch), token, value: withoutHead(held.value) };
  } catch (error) {
    if (error instanceof PortError && error.reason === "disabled") return "silent";
    throw error;
  }
}

/** What the living ones of these versions say of themselves, oldest first. */
export async function readPendings(
  client: GcpClient,
  id: string,
  listed: readonly ListedVersion[],
): Promise<readonly Pending[]> {
  const living = listed.filter((version) => version.living).map(({ number }) => number);
  const wanted = living.toSorted((one, other) => one - other).slice(0, readMax);
  const found: Pending[] = [];
  for (let at = 0; at < wanted.length; at += readAtOnce) {
    const some = wanted.slice(at, at + readAtOnce);
    const seen = await Promise.all(some.map((number) => lookInto(client, id, number)));
    found.push(...seen.filter((one) => typeof one === "object"));
  }
  return found;
}

/** Numbers that are looked at after the newest one listed; a list is not so old, nor are there so many runners. */
const newerMax = 50;

/**
 * What stands from this number on: versions are counted, and one is read consistently by its number (resource
 * consistency page), so the first that is absent is the end. `until`: where to stop in any case.
 */
export async function readFrom(
  client: GcpClient,
  id: string,
  first: number,
  until = first + newerMax,
): Promise<readonly Pending[]> {
  const found: Pending[] = [];
  for (let number = first; number < until; number += 1) {
    const seen = await lookInto(client, id, number);
    if (seen === "absent") break;
    if (seen !== "silent") found.push(seen);
  }
  return found;
}
