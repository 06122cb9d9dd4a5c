import { inspect } from "node:util";
import type { Tools } from "../../core/app/tools.ts";
import { PortError } from "../../core/ports/errors.ts";
import type { Secret } from "../../core/secret.ts";

export interface Canary {
  readonly name: string;
  readonly secret: Secret;
}

/** What base64 makes of the bytes wherever they begin in a longer text, such as `user:secret`, less what their neighbours decide. */
function base64Cores(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replaceAll("=", "");
    return padded.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 8) / 6));
  });
}

function formsOf({ secret }: Canary): readonly (readonly [string, string])[] {
  const text = secret.reveal();
  return [
    ["plain", text],
    ["JSON", JSON.stringify(text).slice(1, -1)],
    ["URL", encodeURIComponent(text)],
    ["form", new URLSearchParams([["", text]]).toString().slice(1)],
    ...base64Cores(text).map((core) => ["base64", core] as const),
    ...base64Cores(text).map((core) => ["base64url", core.replaceAll("+", "-").replaceAll("/", "_")] as const),
  ];
}

/** Longer than any accident, shorter than any form. */
const width = 12;

/** `<where>: <canary> as <form>` of each canary that stands in one of the texts. Time grows with the texts, not with the canaries. */
function leaksIn(texts: ReadonlyMap<string, readonly string[]>, canaries: readonly Canary[]): readonly string[] {
  const byStart = new Map<string, { readonly name: string; readonly form: string; readonly text: string }[]>();
  for (const canary of canaries) {
    for (const [form, text] of formsOf(canary)) {
      if (text.length < width) throw new Error(`${canary.name} is too short to be looked for`);
      const start = text.slice(0, width);
      byStart.set(start, [...(byStart.get(start) ?? []), { name: canary.name, form, text }]);
    }
  }
  const found = new Set<string>();
  for (const [where, list] of texts) {
    for (const all of list) {
      for (let at = 0; at + width <= all.length; at += 1) {
        for (const { name, form, text } of byStart.get(all.slice(at, at + width)) ?? [])
          if (all.startsWith(text, at)) found.add(`${where}: ${name} as ${form}`);
      }
    }
  }
  return [...found].sort();
}

/** Everything that a run lets out but for the stores themselves, by where it went. */
export class Outlets {
  /** Since they were last searched. */
  readonly texts = new Map<string, string[]>();
  readonly #counts = new Map<string, number>();

  add(where: string, ...values: readonly unknown[]): void {
    const texts = values.map((value) => {
      if (typeof value === "string") return value;
      return `${inspect(value, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null })}\n${JSON.stringify(value)}`;
    });
    const before = this.texts.get(where);
    if (before === undefined) this.texts.set(where, texts);
    else before.push(...texts);
    this.#counts.set(where, this.count(where) + texts.length);
  }

  /** Ever. */
  count(where: string): number {
    return this.#counts.get(where) ?? 0;
  }

  /** What was let out and not yet searched; a secret that is made later cannot be in it. */
  search(canaries: readonly Canary[]): readonly string[] {
    const found = leaksIn(this.texts, canaries);
    this.texts.clear();
    return found;
  }

  /** The same ports, with every error that they throw and every ledger that they save written down. */
  listenTo(ports: Tools["ports"]): Tools["ports"] {
    const each = <T extends object>(group: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
      Object.fromEntries(Object.entries(group).map(([name, port]) => [name, this.#heard(port)]));
    const { registries, stores, ledgers, clusters } = ports;
    return {
      registries: each(registries),
      stores: each(stores),
      ledgers: each(ledgers),
      clusters: each(clusters),
    };
  }

  #heard<T extends object>(port: T): T {
    const calls = Object.entries(port as Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>);
    const heard = calls.map(([name, call]) => {
      const wrapped = async (...args: unknown[]): Promise<unknown> => {
        if (name === "save") this.add("ledger", args[2]);
        try {
          return await call(...args);
        } catch (error) {
          this.add("error", error);
          if (!(error instanceof PortError)) this.add("defect", error);
          if (error instanceof Error) this.add("error", error.message, String(error.stack), error.cause);
          throw error;
        }
      };
      return [name, wrapped] as const;
    });
    return Object.fromEntries(heard) as T;
  }
}
