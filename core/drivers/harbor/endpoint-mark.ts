import { z } from "zod";

/** What is ours in an endpoint's description; `atMs`: by Harbor's clock, before the login went in. */
export interface EndpointMark {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly atMs: number;
}

const texts = z.record(z.string(), z.string());
const shape = z.object({ labels: texts, annotations: texts, atMs: z.number() });
const pattern = /\n?capstan:(\{.*\})\s*$/s;
/** Harbor's column holds as much. */
const charactersMax = 1_024;

/** What people wrote, and our mark behind it; null: none, or one that makes no sense. */
export function parseDescription(description: string): { readonly text: string; readonly mark: EndpointMark | null } {
  const match = pattern.exec(description);
  if (match === null) return { text: description, mark: null };
  const text = description.slice(0, match.index);
  try {
    return { text, mark: shape.parse(JSON.parse(match[1] ?? "")) };
  } catch {
    return { text: description, mark: null };
  }
}

/** Null: there is no room. */
export function writeDescription(text: string, mark: EndpointMark): string | null {
  const written = `${text}${text === "" ? "" : "\n"}capstan:${JSON.stringify(mark)}`;
  return written.length > charactersMax ? null : written;
}
