import { readFileSync } from "node:fs";
import { request } from "undici";
import { expect } from "vitest";
import type { Harbor } from "../../functions/sandbox/harbor/start-harbor.ts";

export interface Exchange {
  readonly name: string;
  /** Null: a measurement, told in `note`. */
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  } | null;
  readonly response?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  } | null;
  readonly note?: unknown;
}

export function loadExchanges(theme: string): readonly Exchange[] {
  const file = new URL(`transcripts/harbor/${theme}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Exchange[];
}

/** Headers compared, their absence too. */
const comparedHeaders = [
  "content-type",
  "location",
  "link",
  "x-total-count",
  "www-authenticate",
  "docker-distribution-api-version",
  "docker-content-digest",
  "etag",
  "accept-ranges",
  "cache-control",
  "vary",
];

const digestPattern = /sha256:[0-9a-f]{64}/g;

/** Sorts what Harbor answers in any order (harbor.md §1.2), hides what is drawn anew. */
function plain(value: unknown, key = ""): unknown {
  if (key === "token") return "a token";
  if (typeof value === "string" && key === "secret") return `${value.length} characters`;
  // Sizes and digests of image parts are those of the recorded image.
  if (key === "digest" || key === "size") return "of another image";
  if (Array.isArray(value)) {
    const items = value.map((item) => plain(item));
    const unordered = key === "permissions" || key === "access" || key === "actions";
    return unordered ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item, name)]));
}

function unordered405(text: string): string {
  return text.replace(/\[([A-Z,]+)\]/, (_, methods: string) => `[${methods.split(",").sort().join(",")}]`);
}

export interface ReplayOptions {
  readonly harbor: Harbor;
  /** Puts the clock of the sandbox to this moment. */
  readonly setNowMs: (nowMs: number) => void;
  /** Name of an exchange → its moment to the millisecond, where only a later reply tells it. */
  readonly moments: Readonly<Record<string, string>>;
  /** Password of a name as recorded; undefined: a wrong one. */
  readonly passwordOf: (username: string, recorded: string) => string | undefined;
}

/**
 * Sends recorded requests to the sandbox at the moment they were recorded, and compares: ids and
 * digests are paired one to one, secrets and tokens left aside, all else must be the same.
 */
export class HarborReplay {
  readonly #options: ReplayOptions;
  readonly #ownIds = new Map<number, number>();
  readonly #ownDigests = new Map<string, string>();
  readonly secrets = new Map<string, string>();
  bearer = "";

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  ownId(recorded: number): number {
    return this.#ownIds.get(recorded) ?? recorded;
  }

  #ownIdText(recorded: string): string {
    return String(this.#ownIds.get(Number(recorded)) ?? recorded);
  }

  pairDigest(recorded: string, own: string): void {
    this.#ownDigests.set(recorded, own);
  }

  /** A recorded text as the sandbox would say it. */
  #translate(text: string): string {
    return text
      .replaceAll("harbor.example", new URL(this.#options.harbor.url).host)
      .replace(/(robots\/|robot )(\d+)/g, (_, before: string, id: string) => `${before}${this.#ownIdText(id)}`)
      .replace(/id(=|%3D)((?:%7B)?)(\d+)(?:(%20)(\d+))?/g, (_, equals, brace, first, blank = "", second = "") =>
        ["id", equals, brace, this.#ownIdText(first), blank, second && this.#ownIdText(second)].join(""),
      )
      .replace(digestPattern, (digest) => this.#ownDigests.get(digest) ?? digest);
  }

  #authorization(recorded: string): string {
    if (recorded.startsWith("Bearer eyJ")) return `Bearer ${this.bearer}`;
    const [, scheme, username = "", shown = ""] = /^(basic) base64\(([^:]*):(.*)\)$/i.exec(recorded) ?? [];
    if (scheme === undefined) return recorded;
    const password = this.#options.passwordOf(username, shown) ?? "Wrong-secret-5";
    return `${scheme} ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  /** The moment of an exchange, as exact as its reply tells. */
  #momentOf({ name, response }: Exchange): number {
    const body = response?.body as { creation_time?: string; issued_at?: string } | null | undefined;
    const created = response?.status === 201 ? body?.creation_time : undefined;
    return Date.parse(this.#options.moments[name] ?? created ?? body?.issued_at ?? response?.headers["Date"] ?? "");
  }

  async play(exchange: Exchange): Promise<string> {
    const { request: sent, response } = exchange;
    if (sent === null || !response) throw new Error("nothing was recorded to be played");
    this.#options.setNowMs(this.#momentOf(exchange));
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(sent.headers)) {
      headers[name] = name === "Authorization" ? this.#authorization(value) : value;
    }
    const body = sent.body === null || sent.body === "<0 bytes>" ? null : sent.body;
    const reply = await request(`${this.#options.harbor.url}${this.#translate(sent.path)}`, {
      method: sent.method as "GET",
      headers,
      body: typeof body === "string" || body === null ? body : JSON.stringify(body),
    });
    const text = await reply.body.text();
    expect(reply.statusCode, text).toBe(response.status);
    this.#learn(response.body, text);
    this.#compareHeaders(response.headers, reply.headers);
    this.#compareBody(response.body, text);
    return text;
  }

  /** Pairs the id of a robot just made, and keeps its secret. */
  #learn(recorded: unknown, text: string): void {
    if (typeof recorded !== "object" || recorded === null || !("secret" in recorded)) return;
    const own = JSON.parse(text) as { id?: number; name?: string; secret: string };
    const { id } = recorded as { id?: number };
    if (id !== undefined && own.id !== undefined) this.#ownIds.set(id, own.id);
    if (own.name !== undefined) this.secrets.set(own.name, own.secret);
  }

  #compareHeaders(recorded: Readonly<Record<string, string>>, own: Readonly<Record<string, unknown>>): void {
    const lower = new Map(Object.entries(recorded).map(([name, value]) => [name.toLowerCase(), value]));
    for (const name of comparedHeaders) {
      const value = lower.get(name);
      expect(own[name], name).toBe(value === undefined ? undefined : this.#translate(value));
    }
    expect(String(own["set-cookie"])).toMatch(/^sid=[0-9a-f]{32}; Path=\/; HttpOnly/);
    expect(String(own["x-request-id"])).toMatch(/^[0-9a-f-]{36}$/);
  }

  #compareBody(recorded: unknown, text: string): void {
    // Long pages were left out of the recording: `<14059 bytes>`.
    if (typeof recorded === "string" && /^<\d+ bytes>$/.test(recorded)) {
      expect(text.length).toBeGreaterThan(0);
      return;
    }
    if (typeof recorded === "string" || recorded === null) {
      expect(text).toBe(this.#translate(recorded ?? ""));
      return;
    }
    const withIds = JSON.parse(JSON.stringify(recorded), (key, value: unknown) => {
      if (key === "id" && typeof value === "number") return this.ownId(value);
      return typeof value === "string" ? unordered405(this.#translate(value)) : value;
    }) as unknown;
    expect(plain(JSON.parse(unordered405(text)))).toEqual(plain(withIds));
  }
}
