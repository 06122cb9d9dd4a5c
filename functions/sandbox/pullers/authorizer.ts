import type { Dispatcher } from "undici";
import type { Login } from "../../../core/pullsecret/index.ts";
import { type ExchangeReply, exchange, headerText } from "./exchange.ts";
import { PullFailure } from "./pull-failure.ts";

const tokenBytesMax = 1024 * 1024;
const tokenTimeoutMs = 30_000;
/** Of a token that does not say (distribution's token specification). */
const tokenSecondsDefault = 60;

export interface AuthorizerOptions {
  readonly dispatcher: Dispatcher;
  /** Null: anonymous. */
  readonly login: Login | null;
  /** `<project>/<repository>` */
  readonly repository: string;
  readonly userAgent: string;
  readonly nowMs: () => number;
}

type Scheme =
  | { readonly type: "basic" }
  | { readonly type: "bearer"; readonly tokenPath: string; readonly service: string }
  | null;

/** What containerd's authorizer keeps during one pull; never shared between pulls (pulls.md §3). */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  #scheme: Scheme = null;
  #token: { readonly text: string; readonly expiresMs: number } | null = null;
  #fetching: Promise<string> | null = null;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The header for the next request, with a new token where there is none or its time is over. */
  async header(): Promise<string | undefined> {
    if (this.#scheme === null) return undefined;
    if (this.#scheme.type === "basic") return this.#basic();
    if (this.#token === null || this.#token.expiresMs <= this.#options.nowMs()) {
      this.#fetching ??= this.#fetchToken(this.#scheme.tokenPath, this.#scheme.service).finally(() => {
        this.#fetching = null;
      });
      return `Bearer ${await this.#fetching}`;
    }
    return `Bearer ${this.#token.text}`;
  }

  /**
   * Takes in the challenge of a 401. Null: send again. A text: why there is no going on. A Bearer
   * challenge after a token changes the token only if it names an error; a Basic challenge, which is
   * Harbor's answer to any refused header, turns the whole host to Basic.
   */
  take(reply: ExchangeReply): string | null {
    const challenge = headerText(reply.headers, "www-authenticate");
    const scheme = /^(bearer|basic)\b/i.exec(challenge)?.[1]?.toLowerCase();
    if (scheme === "bearer") {
      if (this.#scheme?.type === "bearer") {
        if (parameter(challenge, "error") !== null) this.#token = null;
        return null;
      }
      const realm = parameter(challenge, "realm");
      if (realm === null || !URL.canParse(realm)) return "no realm specified";
      const url = new URL(realm);
      this.#scheme = {
        type: "bearer",
        tokenPath: url.pathname + url.search,
        service: parameter(challenge, "service") ?? "",
      };
      return null;
    }
    if (scheme === "basic") {
      if (this.#options.login === null) return "no basic auth credentials";
      this.#scheme = { type: "basic" };
      return null;
    }
    return "failed to find supported auth scheme";
  }

  #basic(): string {
    const { login } = this.#options;
    if (login === null) return "";
    return `Basic ${Buffer.from(`${login.username}:${login.password.reveal()}`).toString("base64")}`;
  }

  async #fetchToken(path: string, service: string): Promise<string> {
    let reply = this.#options.login === null ? null : await this.#post(path, service);
    // Harbor says 405; the others are what containerd falls back on too.
    if (reply === null || [400, 401, 404, 405].includes(reply.status)) reply = await this.#get(path, service);
    if (reply.status !== 200) {
      throw new PullFailure("token", reply.status, `failed to fetch token: status ${reply.status}`);
    }
    const body = parseObject(reply.body);
    const text = [body["access_token"], body["token"]].find((each) => typeof each === "string" && each !== "");
    if (typeof text !== "string") throw new PullFailure("token", 200, "authorization server did not include a token");
    const expiresSeconds = Number(body["expires_in"]) || tokenSecondsDefault;
    this.#token = { text, expiresMs: this.#options.nowMs() + expiresSeconds * 1000 };
    return text;
  }

  #post(path: string, service: string): Promise<ExchangeReply> {
    const form = new URLSearchParams({
      grant_type: "password",
      service,
      client_id: "containerd-client",
      scope: this.#scope(),
      username: this.#options.login?.username ?? "",
      password: this.#options.login?.password.reveal() ?? "",
    });
    const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
    return this.#ask("POST", path, headers, form.toString());
  }

  #get(path: string, service: string): Promise<ExchangeReply> {
    const query = new URLSearchParams({ scope: this.#scope(), service });
    const headers: Record<string, string> = this.#options.login === null ? {} : { authorization: this.#basic() };
    return this.#ask("GET", `${path}${path.includes("?") ? "&" : "?"}${query}`, headers);
  }

  async #ask(
    method: "GET" | "POST",
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<ExchangeReply> {
    const wanted = {
      method,
      path,
      headers: { "user-agent": this.#options.userAgent, ...headers },
      ...(body === undefined ? {} : { body }),
      timeoutMs: tokenTimeoutMs,
      bodyBytesMax: tokenBytesMax,
    };
    try {
      return await exchange(this.#options.dispatcher, wanted);
    } catch (error) {
      throw new PullFailure("token", null, `no answer (${errorCode(error)})`);
    }
  }

  #scope(): string {
    return `repository:${this.#options.repository}:pull`;
  }
}

function parameter(challenge: string, name: string): string | null {
  return new RegExp(`[ ,]${name}="([^"]*)"`, "i").exec(challenge)?.[1] ?? null;
}

export function parseObject(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** A code or a class, never a message. */
export function errorCode(error: unknown): string {
  const { code, name } = (typeof error === "object" && error !== null ? error : {}) as {
    code?: unknown;
    name?: unknown;
  };
  return typeof code === "string" ? code : String(name ?? "unknown");
}
