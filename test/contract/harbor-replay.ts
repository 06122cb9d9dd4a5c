import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "undici";
import { expect } from "vitest";
import type { Harbor } from "../../functions/sandbox/harbor/start-harbor.ts";
import { comparedHeaders, isLeftOut, plain, unordered405 } from "./harbor-replay-compare.ts";
import { ReplayIds } from "./harbor-replay-ids.ts";

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

const digestPattern = /sha256:[0-9a-f]{64}/g;

export interface ReplayOptions {
  readonly harbor: Harbor;
  /** Puts the clock of the sandbox to this moment. */
  readonly setNowMs: (nowMs: number) => void;
  /** Name of an exchange → its moment to the millisecond, where only a later reply tells it. */
  readonly moments: Readonly<Record<string, string>>;
  /** Password of a name as recorded; undefined: a wrong one. */
  readonly passwordOf: (username: string, recorded: string) => string | undefined;
}

/** How one exchange is compared. */
export interface ComparedAs {
  /** Times to the millisecond; else that there is one. */
  readonly exactTimes: boolean;
  /** Keys that the recording leaves out of the body may be there. */
  readonly partial: boolean;
  /** `X-Total-Count` too; not where rows were written by calls that the recording leaves out. */
  readonly counts: boolean;
}

/**
 * Sends recorded requests to the sandbox at the moment they were recorded, and compares: ids and
 * digests are paired one to one, secrets and tokens left aside, all else must be the same.
 */
export class HarborReplay {
  readonly #options: ReplayOptions;
  readonly ids = new ReplayIds();
  readonly #ownDigests = new Map<string, string>();
  /** Recorded text, masked where it is a secret → ours: secrets, cookies, tokens, places of uploads. */
  readonly #ownTexts = new Map<string, string>();
  /** Bytes that stand for a recorded blob, by our digest. */
  readonly #blobs = new Map<string, Buffer>();
  readonly secrets = new Map<string, string>();
  bearer = "";

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  pairDigest(recorded: string, own: string): void {
    this.#ownDigests.set(recorded, own);
  }

  pairText(recorded: string, own: string): void {
    this.#ownTexts.set(recorded, own);
  }

  /** Makes a blob of this size in place of the recorded one. */
  inventBlob(recorded: string, bytes: number): Buffer {
    const blob = Buffer.alloc(bytes, recorded);
    const own = `sha256:${createHash("sha256").update(blob).digest("hex")}`;
    this.pairDigest(recorded, own);
    this.#blobs.set(own, blob);
    return blob;
  }

  /** A recorded text as the sandbox would say it. */
  #translate(text: string): string {
    const { host, port } = new URL(this.#options.harbor.url);
    let own = text;
    for (const [recorded, ours] of this.#ownTexts) own = own.replaceAll(recorded, ours);
    // The same server under another name: as an endpoint of itself.
    own = own.replaceAll("remote-harbor.example", `localhost:${port}`).replaceAll("harbor.example", host);
    own = own.replaceAll("http://loopback:9", "http://127.0.0.1:9");
    return this.ids.text(own).replace(digestPattern, (digest) => this.#ownDigests.get(digest) ?? digest);
  }

  #translateBody(body: unknown, path: string): unknown {
    const withIds = this.ids.body(body, path);
    return JSON.parse(JSON.stringify(withIds ?? null), (_, value: unknown) =>
      typeof value === "string" ? this.#translate(value) : value,
    );
  }

  #authorization(recorded: string): string {
    if (recorded.startsWith("Bearer eyJ")) return `Bearer ${this.bearer}`;
    const [, scheme, username = "", shown = ""] = /^(basic) base64\(([^:]*):(.*)\)$/i.exec(recorded) ?? [];
    if (scheme === undefined) return recorded;
    const known = shown === "" ? "" : this.#ownTexts.get(shown);
    const password = known ?? this.#options.passwordOf(username, shown) ?? "Wrong-secret-5";
    return `${scheme} ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  /** The moment of an exchange, as exact as its reply tells. */
  #momentOf({ name, response }: Exchange): number {
    const body = response?.body as
      | { creation_time?: string; issued_at?: string; current_time?: string }
      | null
      | undefined;
    const created = response?.status === 201 ? body?.creation_time : undefined;
    const told = created ?? body?.issued_at ?? body?.current_time;
    return Date.parse(this.#options.moments[name] ?? told ?? response?.headers["Date"] ?? "");
  }

  #bodyOf(body: unknown, path: string): string | Buffer | null {
    if (body === null || body === "<0 bytes>") return null;
    if (typeof body === "string" && body.startsWith("<3 MB"))
      return JSON.stringify({ ...huge, description: "x".repeat(3e6) });
    if (typeof body === "string" && /^<\d+ bytes>$/.test(body))
      return this.#blobs.get(/digest=(sha256:[0-9a-f]{64})/.exec(this.#translate(path))?.[1] ?? "") ?? null;
    return typeof body === "string" ? this.#translate(body) : JSON.stringify(this.#translateBody(body, path));
  }

  async play(exchange: Exchange, as: ComparedAs): Promise<string> {
    const { request: sent, response } = exchange;
    if (sent === null || !response) throw new Error("nothing was recorded to be played");
    this.#options.setNowMs(this.#momentOf(exchange));
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(sent.headers))
      headers[name] = name === "Authorization" ? this.#authorization(value) : this.#translate(value);
    const reply = await request(`${this.#options.harbor.url}${this.#translate(sent.path)}`, {
      method: sent.method as "GET",
      headers,
      body: this.#bodyOf(sent.body, sent.path),
    });
    const text = await reply.body.text();
    expect(reply.statusCode, text).toBe(response.status);
    this.#learn(exchange, response, reply.headers, text);
    this.#compareHeaders(response.headers, reply.headers, as);
    this.#compareBody(response.body, text, sent.path, as);
    return text;
  }

  /** Pairs the ids of what was just made, and keeps secrets, cookies, tokens and places of uploads. */
  #learn(
    { request: sent }: Exchange,
    response: NonNullable<Exchange["response"]>,
    headers: Readonly<Record<string, unknown>>,
    text: string,
  ): void {
    const location = response.headers["Location"];
    if (location !== undefined) {
      this.ids.pairLocations(location, String(headers["location"]));
      if (location.includes("/uploads/")) this.pairText(location, String(headers["location"]));
    }
    const digest = response.headers["Docker-Content-Digest"];
    if (digest !== undefined) this.pairDigest(digest, String(headers["docker-content-digest"]));
    const csrf = response.headers["X-Harbor-Csrf-Token"];
    if (csrf !== undefined) this.pairText(csrf, String(headers["x-harbor-csrf-token"]));
    const theirs = [...(response.headers["Set-Cookie"] ?? "").matchAll(/sid=([^;]+)/g)];
    const ours = [...String(headers["set-cookie"] ?? "").matchAll(/sid=([0-9a-f]{32})/g)];
    for (const [index, match] of theirs.entries()) this.pairText(match[1] ?? "", ours[index]?.[1] ?? "");
    const { body } = response;
    const given = (sent?.body as { secret?: unknown } | null)?.secret;
    if (sent?.method === "PATCH" && typeof given === "string" && given !== "")
      this.#keep(sent.path, this.#translate(given));
    if (typeof body !== "object" || body === null || !("secret" in body)) return;
    const own = JSON.parse(text) as { name?: string; secret: string };
    this.pairText(String(body.secret), own.secret);
    if (own.name === undefined) this.#keep(sent?.path ?? "", own.secret);
    else this.secrets.set(own.name, own.secret);
  }

  /** The secret that the robot of this path has now. */
  #keep(path: string, secret: string): void {
    const id = this.ids.own("robots", Number(/\/robots\/(\d+)$/.exec(path)?.[1]));
    const name = this.#options.harbor.robots().find((robot) => robot.id === id)?.username;
    if (name !== undefined) this.secrets.set(name, secret);
  }

  #compareHeaders(
    recorded: Readonly<Record<string, string>>,
    own: Readonly<Record<string, unknown>>,
    as: ComparedAs,
  ): void {
    const lower = new Map(Object.entries(recorded).map(([name, value]) => [name.toLowerCase(), value]));
    for (const name of comparedHeaders) {
      const value = lower.get(name);
      if (name === "x-total-count" && !as.counts) expect(own[name] === undefined, name).toBe(value === undefined);
      else expect(own[name], name).toBe(value === undefined ? undefined : this.#translate(value));
    }
    const names = (text: string) => [...text.matchAll(/(sid|_gorilla_csrf)=/g)].map((match) => match[1]);
    expect(names(String(own["set-cookie"] ?? ""))).toEqual(names(lower.get("set-cookie") ?? ""));
    expect(own["x-harbor-csrf-token"] === undefined).toBe(!lower.has("x-harbor-csrf-token"));
    expect(String(own["x-request-id"])).toMatch(/^[0-9a-f-]{36}$/);
  }

  #compareBody(recorded: unknown, text: string, path: string, as: ComparedAs): void {
    if (isLeftOut(recorded)) {
      expect(text.length).toBeGreaterThan(0);
      return;
    }
    if (typeof recorded === "string" || recorded === null) {
      expect(text).toBe(this.#translate(recorded ?? ""));
      return;
    }
    const expected = this.#translateBody(JSON.parse(unordered405(JSON.stringify(recorded))), path);
    const own = plain(JSON.parse(unordered405(text)), as.exactTimes);
    if (as.partial) expect(own).toMatchObject(plain(expected, as.exactTimes) as object);
    else expect(own).toEqual(plain(expected, as.exactTimes));
  }
}

const huge = {
  name: "huge",
  level: "system",
  duration: -1,
  permissions: [{ kind: "project", namespace: "alpha", access: [{ resource: "repository", action: "pull" }] }],
};
