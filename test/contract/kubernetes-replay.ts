import { readFileSync } from "node:fs";
import { type Dispatcher, request } from "undici";
import { expect } from "vitest";

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
const drawn = new Set(["uid", "resourceVersion", "continue"]);
/** Values that say when or where, and are left aside. */
const aside = new Set(["time", "creationTimestamp", "deletionTimestamp", "serverAddress"]);

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
      headers: { ...headers, "user-agent": "capstan-recorder/1.0" },
      body: text,
    });
    const answer = await reply.body.text();
    expect(reply.statusCode, answer).toBe(response.status);
    for (const [name, value] of Object.entries(response.headers)) expect(reply.headers[name], name).toBe(value);
    const parsed: unknown = reply.headers["content-type"] === "application/json" ? JSON.parse(answer) : answer;
    this.#pair(response.body, parsed);
    expect(this.#plain(parsed)).toEqual(this.#plain(this.#translate(response.body)));
  }

  /** Learns which drawn value of the answer stands for which recorded one. */
  #pair(recorded: unknown, answered: unknown): void {
    if (typeof recorded !== "object" || typeof answered !== "object" || recorded === null || answered === null) return;
    for (const [name, value] of Object.entries(recorded)) {
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
    return path.replace(/(?<=[?&]continue=)[^&]+/, (token) => this.#answeredFor.get(token) ?? token);
  }

  #plain(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value), (key, inner: unknown) => (aside.has(key) ? "aside" : inner)) as unknown;
  }
}
