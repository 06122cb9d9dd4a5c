import type { Config } from "../../core/config/complete.ts";
import { type CloudReferenceKind, type ReferenceFetcher, UnresolvedReference } from "../../core/config/references.ts";
import { PortError } from "../../core/ports/errors.ts";
import type { Secret } from "../../core/secret.ts";
import { awsReader, azureReader, type CloudSecretReader, gcpReader } from "./cloud-secrets.ts";
import { refuseLoops, siteOfReference } from "./reference-sites.ts";
import type { Surroundings } from "./surroundings.ts";

/** As long as tokens of clusters are kept: a driver that asks at every request costs one read a minute. */
const keptMs = 60_000;

const makers = { aws: awsReader, azure: azureReader, gcp: gcpReader } as const;
const absent: Readonly<Record<CloudReferenceKind, string>> = {
  aws: "there is no such secret, or no current value in it",
  azure: "there is no such secret",
  gcp: "there is no such secret, or no version of it has this alias",
};
const noCurrent =
  "there is no such secret, or none of its versions has the alias current; name another: #latest, #<number> or #<alias>";

interface Kept {
  readonly value: Promise<Secret>;
  readonly askedMs: number;
}

/**
 * Readers of references into clouds, over the drivers of our own sites: with login and endpoint of the
 * first site of that cloud, else as the platform logs in. `aws:…#key` is a key of the value's JSON object;
 * `gcp:…` without an alias is the version that `current` names. What was read is kept for a minute. They
 * throw `UnresolvedReference`, which tells an outage from a refusal.
 */
export function createFetchers(
  config: Config,
  around: Surroundings,
): Readonly<Record<CloudReferenceKind, ReferenceFetcher>> {
  const readers = new Map<string, Promise<CloudSecretReader>>();
  const kept = new Map<string, Kept>();

  async function read(kind: CloudReferenceKind, name: string, alias: string | null): Promise<Secret> {
    const reference = `${kind}:${name}${alias === null ? "" : `#${alias}`}`;
    refuseLoops(config, reference, around.platform);
    const found = siteOfReference(config, reference);
    // One per account and region, vault or project: the name tells which.
    const place = kind === "gcp" ? name.split("/")[1] : kind === "azure" ? new URL(name).origin : regionOf(name);
    const client = [kind, found?.name, place].join(" ");
    try {
      const reader = readers.get(client) ?? makers[kind](found?.site ?? null, name, around);
      readers.set(client, reader);
      const secret = await (await reader)(name, alias);
      if (secret !== null) return secret;
    } catch (error) {
      // Made anew by the next one: its login may have been mended meanwhile.
      readers.delete(client);
      if (!(error instanceof PortError)) throw error;
      const isOutage = error.kind === "unreachable" || error.kind === "throttled";
      throw new UnresolvedReference(reference, error.message, isOutage ? error.kind : "denied");
    }
    throw new UnresolvedReference(reference, kind === "gcp" && alias === null ? noCurrent : absent[kind]);
  }

  async function readKept(kind: CloudReferenceKind, name: string, alias: string | null): Promise<string> {
    const key = [kind, name, alias].join(" ");
    const before = kept.get(key);
    const nowMs = around.nowMs();
    if (before !== undefined && Math.abs(nowMs - before.askedMs) < keptMs) return (await before.value).reveal();
    const value = read(kind, name, alias);
    kept.set(key, { value, askedMs: nowMs });
    try {
      return (await value).reveal();
    } catch (error) {
      if (kept.get(key)?.value === value) kept.delete(key);
      throw error;
    }
  }

  return {
    aws: async (name, key) => {
      const text = await readKept("aws", name, null);
      return key === null ? text : fieldOf(`aws:${name}#${key}`, text, key);
    },
    azure: (name) => readKept("azure", name, null),
    gcp: (name, alias) => readKept("gcp", name, alias),
  };
}

function regionOf(name: string): string {
  return name.startsWith("arn:") ? (name.split(":")[3] ?? "") : "";
}

function fieldOf(reference: string, text: string, key: string): string {
  const fields = jsonObject(text);
  if (fields === null) throw new UnresolvedReference(reference, "its value is no JSON object, so it has no keys");
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (typeof value === "string") return value;
  throw new UnresolvedReference(reference, "its value has no text under this key");
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    // The parser's message quotes the text.
    return null;
  }
}
