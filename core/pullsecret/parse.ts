import { type MalformedEntries, readDocument } from "./document.ts";
import { MalformedPullSecretError } from "./malformed.ts";
import type { Login, PullSecretContent } from "./types.ts";

/** The only type of Secret whose `.dockerconfigjson` kubelet reads. */
export const pullSecretType = "kubernetes.io/dockerconfigjson";

/**
 * What kubelet makes of a Secret's `.dockerconfigjson` (pulls.md §1.3). `dockerconfigjson` null: the
 * Secret, or that key of it, is absent. A Secret of any other type is ignored: parsed, without logins.
 * Never throws.
 */
export function parsePullSecret(type: string, dockerconfigjson: Uint8Array | string | null): PullSecretContent {
  if (dockerconfigjson === null) return { state: "absent" };
  if (type !== pullSecretType) return { state: "parsed", logins: {} };
  const text = typeof dockerconfigjson === "string" ? dockerconfigjson : Buffer.from(dockerconfigjson).toString("utf8");
  try {
    return { state: "parsed", logins: readLogins(text) };
  } catch (error) {
    if (error instanceof MalformedPullSecretError) return { state: "malformed", entry: error.entry, why: error.why };
    throw error;
  }
}

/** Throws `MalformedPullSecretError`. An empty text is skipped by kubelet before any parsing. */
export function readLogins(text: string, malformed?: MalformedEntries): Readonly<Record<string, Login | null>> {
  if (text === "") return {};
  return Object.fromEntries([...readDocument(text, malformed).entries].map(([key, entry]) => [key, entry.login]));
}
