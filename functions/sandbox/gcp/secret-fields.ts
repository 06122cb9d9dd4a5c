import { int64Of, mapOf, textOf } from "./input.ts";
import { invalidArgument } from "./refusal.ts";
import type { VersionRecord } from "./secret-records.ts";

/** Limits and patterns as the comments of `resources.proto` (google.cloud.secretmanager.v1) state them. */
const annotationBytesMax = 16 * 1024;
const labelsMax = 64;
const aliasesMax = 50;
const secretIdPattern = /^[A-Za-z0-9_-]{1,255}$/;
const labelKeyPattern = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const labelValuePattern = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
const annotationKeyPattern = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const aliasPattern = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

export function checkSecretId(id: string): void {
  if (!secretIdPattern.test(id)) {
    throw invalidArgument(`The provided Secret ID [${id}] does not match the expected format [[a-zA-Z_0-9]+]`);
  }
}

function texts(value: unknown, where: string): Record<string, string> {
  const entries = Object.entries(mapOf(value, where)).map(([key, text]) => [key, textOf(text, where) ?? ""] as const);
  return Object.fromEntries(entries);
}

export function labelsOf(value: unknown): Readonly<Record<string, string>> {
  const labels = texts(value, "secret.labels");
  if (Object.keys(labels).length > labelsMax) throw invalidArgument(`No more than ${labelsMax} labels are allowed.`);
  for (const [key, text] of Object.entries(labels)) {
    if (!labelKeyPattern.test(key)) throw invalidArgument(`The label key [${key}] is invalid.`);
    if (!labelValuePattern.test(text)) throw invalidArgument(`The value of the label [${key}] is invalid.`);
  }
  return labels;
}

export function annotationsOf(value: unknown): Readonly<Record<string, string>> {
  const annotations = texts(value, "secret.annotations");
  let bytes = 0;
  for (const [key, text] of Object.entries(annotations)) {
    if (!annotationKeyPattern.test(key)) throw invalidArgument(`The annotation key [${key}] is invalid.`);
    bytes += Buffer.byteLength(key) + Buffer.byteLength(text);
  }
  if (bytes >= annotationBytesMax) {
    throw invalidArgument(`The total size of annotations must be less than ${annotationBytesMax} bytes.`);
  }
  return annotations;
}

/** Whether a real alias may name a version that is disabled or destroyed is not documented; here it may. */
export function aliasesOf(value: unknown, versions: readonly VersionRecord[]): Readonly<Record<string, number>> {
  const entries = Object.entries(mapOf(value, "secret.version_aliases"));
  if (entries.length > aliasesMax) throw invalidArgument(`No more than ${aliasesMax} version aliases are allowed.`);
  return Object.fromEntries(
    entries.map(([alias, target]) => {
      if (!aliasPattern.test(alias) || alias === "latest" || alias === "NEW") {
        throw invalidArgument(`The version alias [${alias}] is invalid.`);
      }
      const number = int64Of(target, "secret.version_aliases") ?? 0;
      if (!versions.some((version) => version.number === number)) {
        throw invalidArgument(`The version alias [${alias}] names version [${number}], which does not exist.`);
      }
      return [alias, number] as const;
    }),
  );
}
