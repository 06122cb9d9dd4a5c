import { readFileSync } from "node:fs";
import { type Dispatcher, request } from "undici";
import { expect } from "vitest";
import { canonical } from "../../functions/sandbox/kubernetes/objects.ts";

export interface Exchange {
  readonly name: string;
  readonly request: {
    readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
}

export function loadExchanges(theme: string): readonly Exchange[] {
  const file = new URL(`transcripts/kubernetes/${theme}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Exchange[];
}

/** Values that the server draws: recorded and answered ones must pair up one to one, for the whole replay. */
const drawn = new Set(["uid", "resourceVersion", "continue", "token"]);
/** Values that say when or where, and are left aside; descriptions are the prose of the API's documentation. */
const aside = new Set([
  "time",
  "creationTimestamp",
  "deletionTimestamp",
  "expirationTimestamp",
  "serverAddress",
  "description",
]);
/** Lists that the server gathers from maps, in no order, or sorts by time. */
const unordered = new Set(["resourceRules", "nonResourceRules", "managedFields"]);
/** Parts of texts that are drawn or are versions; and the diff of Go structs at the end of a pod's refusal. */
const asideInText = [
  [/kube-api-access-[a-z0-9]{5}/g, "kube-api-access-aside"],
  [/too old resource version: \d+ \(\d+\)/g, "too old resource version: aside"],
  [/\n@@ [\s\S]*$/, ""],
] as const;

/** Sends recorded requests to a server of today and compares what comes back with what came back then. */
export class Replay {
  readonly #url: string;
  readonly #dispatcher: Dispatcher;
  readonly #answeredFor = new Map<string, string>();
  readonly #recordedFor = new Map<string, string>();

  constructor(url: string, dispatcher: Dispatcher) {
    this.#url = url;
    this.#dispatcher = dispatcher;
  }

  async play({ request: recorded, response }: Exchange): Promise<void> {
    const { method, path, headers, body } = recorded;
    const text = body === null ? null : typeof body === "string" ? body : JSON.stringify(this.#translate(body));
    const reply = await request(`${this.#url}${this.#translatePath(path)}`, {
      method,
      dispatcher: this.#dispatcher,
      headers: { ...this.#translateHeaders(headers), "user-agent": "capstan-recorder/1.0" },
      body: text,
    });
    const answer = await reply.body.text();
    expect(reply.statusCode, answer).toBe(response.status);
    for (const [name, value] of Object.entries(response.headers)) expect(reply.headers[name], name).toBe(value);
    const [then, now] = [response.body, answer].map((text) =>
      reply.headers["content-type"] === "application/json" && typeof text === "string" ? parseJson(text) : text,
    );
    this.#pair(then, now);
    expect(this.#plain(now)).toEqual(this.#plain(this.#translate(then)));
  }

  /** A token named in the recording and what stands for it today. */
  useToken(recorded: string, answered: string): void {
    this.#answeredFor.set(recorded, answered);
  }

  /** A token goes as it was issued today. */
  #translateHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
    const translated = Object.entries(headers).map(([name, value]) => {
      const token = /^Bearer (.*)$/.exec(value)?.[1] ?? "";
      return [name, this.#answeredFor.has(token) ? `Bearer ${this.#answeredFor.get(token)}` : value];
    });
    return Object.fromEntries(translated) as Record<string, string>;
  }

  /** Learns which drawn value of the answer stands for which recorded one. */
  #pair(recorded: unknown, answered: unknown): void {
    if (typeof recorded !== "object" || typeof answered !== "object" || recorded === null || answered === null) return;
    if (isList(recorded) && isList(answered)) {
      const [then, now] = [recorded.metadata.resourceVersion, answered.metadata.resourceVersion];
      if (!this.#answeredFor.has(then)) this.#answeredFor.set(then, now);
      // What is written in between, a lease say, moves a list's version: it stands for no object's.
      recorded = { ...recorded, metadata: { ...recorded.metadata, resourceVersion: null } };
    }
    for (const [name, value] of Object.entries(recorded as object)) {
      const other = (answered as Record<string, unknown>)[name];
      if (drawn.has(name) && typeof value === "string" && typeof other === "string") this.#learn(value, other);
      else this.#pair(value, other);
    }
  }

  #learn(recorded: string, answered: string): void {
    expect(this.#answeredFor.get(recorded) ?? answered, `recorded ${recorded}`).toBe(answered);
    expect(this.#recordedFor.get(answered) ?? recorded, `answered ${answered}`).toBe(recorded);
    this.#answeredFor.set(recorded, answered);
    this.#recordedFor.set(answered, recorded);
  }

  /** A recorded value with today's drawn values in place of the recorded ones; identities in texts, too. */
  #translate(value: unknown, name = ""): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#translate(item));
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#translate(inner, key)]));
    }
    if (typeof value !== "string") return value;
    if (drawn.has(name) || /^\d+$/.test(value)) return this.#answeredFor.get(value) ?? value;
    return value.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (uid) => this.#answeredFor.get(uid) ?? uid);
  }

  #translatePath(path: string): string {
    return path.replace(
      /(?<=[?&](?:continue|resourceVersion)=)[^&]+/,
      (token) => this.#answeredFor.get(token) ?? token,
    );
  }

  #plain(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value), (key, inner: unknown) => {
      if (aside.has(key)) return "aside";
      if (isList(inner)) return { ...inner, metadata: { ...inner.metadata, resourceVersion: "aside" } };
      if (unordered.has(key) && Array.isArray(inner)) return inner.map(canonical).sort();
      // A table's age counts seconds, and a busy machine takes some.
      if (key === "cells" && Array.isArray(inner))
        return inner.map((cell) => (typeof cell === "string" && /^\d+s$/.test(cell) ? "some seconds" : cell));
      if (typeof inner !== "string") return inner;
      return asideInText.reduce((text, [pattern, instead]) => text.replace(pattern, instead), inner);
    }) as unknown;
  }
}

interface List {
  readonly metadata: { readonly resourceVersion: string };
}

function isList(value: unknown): value is List {
  const { items, rows, metadata } = (value ?? {}) as Record<string, unknown>;
  return (Array.isArray(items) || Array.isArray(rows)) && typeof metadata === "object";
}

/** One value, or the events of a watch, one a line. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as unknown);
  }
}
