import { parseDuration } from "../../core/config/duration.ts";
import { exitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

type Flags = Readonly<Record<string, unknown>>;

/** Readers of single flags. They never quote what was typed: it may be a secret in the wrong place. */
export function flagText(flags: Flags, name: string): string {
  const value = flags[name];
  if (typeof value !== "string" || value === "") throw refuse(name, "a text is needed");
  return value;
}

export function flagTextOrNull(flags: Flags, name: string): string | null {
  return flags[name] === undefined ? null : flagText(flags, name);
}

export function flagTexts(flags: Flags, name: string): readonly string[] {
  const value = flags[name];
  return Array.isArray(value) ? value.map(String) : [];
}

export function flagSwitch(flags: Flags, name: string): boolean {
  return flags[name] === true;
}

export function flagCount(flags: Flags, name: string, bounds: { readonly min: number; readonly max: number }): number {
  const text = flagText(flags, name);
  const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= bounds.min && count <= bounds.max) return count;
  throw refuse(name, `a whole number from ${bounds.min} to ${bounds.max} is needed`);
}

export function flagDurationOrNull(flags: Flags, name: string): number | null {
  if (flags[name] === undefined) return null;
  const ms = parseDuration(flagText(flags, name));
  if (ms === null || ms === 0) throw refuse(name, "a duration such as 30s, 15m or 2h is needed");
  return ms;
}

/** `harborUrl` → `--harbor-url`. */
export function refuse(name: string, why: string): Failure {
  return new Failure(exitCode.usage, `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: ${why}`);
}
