import { expect } from "vitest";
import type { SecretFacts, TargetWrite } from "../../core/ports/cluster.ts";
import { type ErrorKind, type ErrorReason, PortError } from "../../core/ports/errors.ts";
import { Secret } from "../../core/secret.ts";

export const host = "harbor.example.com";
export const label = { "capstan.dev/credential": "platform-pull" };
export const mark = { "epoch.capstan.dev/platform-pull": "ledger.1" };
export const login = (generation: number) => ({
  username: `robot$platform-pull-g${generation}`,
  password: new Secret(`Contract-secret-${generation}`),
});

/** The login as `loginsOf` shows it. */
export const ours = (generation: number) => `robot$platform-pull-g${generation}:Contract-secret-${generation}`;

/** A text with one login, as somebody's tool would have written it. */
export function dockerText(key: string, username: string, password: string): string {
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  return JSON.stringify({ auths: { [key]: { auth } } });
}

export function writeOf(facts: SecretFacts, generation = 1, extra: Partial<TargetWrite> = {}): TargetWrite {
  return {
    namespace: facts.namespace,
    name: facts.name,
    uid: facts.uid,
    resourceVersion: facts.resourceVersion,
    logins: { [host]: login(generation) },
    annotations: mark,
    labels: label,
    force: false,
    ...extra,
  };
}

/** The call fails with this kind and reason (undefined: no finer reason), and shows none of our secrets. */
export async function refused(call: Promise<unknown>, kind: ErrorKind, reason?: ErrorReason): Promise<PortError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PortError);
  const found = error as PortError;
  expect({ kind: found.kind, reason: found.reason }).toEqual({ kind, reason });
  expect(`${found.message} ${String(found.stack)} ${JSON.stringify(found)}`).not.toContain("Contract-secret");
  return found;
}

export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("expected something");
  return value;
}

/** The logins as text, for comparison; fails unless the content was parsed. */
export function loginsOf(facts: SecretFacts): Readonly<Record<string, string>> {
  expect(facts.content.state).toBe("parsed");
  const logins = facts.content.state === "parsed" ? facts.content.logins : {};
  return Object.fromEntries(
    Object.entries(logins).map(([key, entry]) => [key, entry ? `${entry.username}:${entry.password.reveal()}` : ""]),
  );
}
