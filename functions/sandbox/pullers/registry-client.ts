import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { Authorizer, type AuthorizerOptions, errorCode } from "./authorizer.ts";
import { type ExchangeReply, exchange } from "./exchange.ts";
import { PullFailure, type PullStage } from "./pull-failure.ts";

const sendsMax = 5;
const resendPauseMs = 50;
const replyTimeoutMs = 30_000;
/** Far above what the sandbox's images hold. */
const bodyBytesMax = 64 * 1024 * 1024;

/** One registry as one pull sees it: an authorizer of its own, containerd's rules on sending again (pulls.md §3). */
export class RegistryClient {
  readonly #dispatcher: Dispatcher;
  readonly #authorizer: Authorizer;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: AuthorizerOptions) {
    this.#dispatcher = options.dispatcher;
    this.#authorizer = new Authorizer(options);
    this.#headers = { "user-agent": options.userAgent };
  }

  /** A 200, or `PullFailure` when all sends that containerd allows itself are used up. */
  async send(stage: PullStage, method: "GET" | "HEAD", path: string, accept: string): Promise<ExchangeReply> {
    let serverErrors = 0;
    for (let sends = 1; ; sends += 1) {
      const authorization = await this.#authorizer.header();
      let reply: ExchangeReply;
      try {
        const headers = { ...this.#headers, accept, ...(authorization === undefined ? {} : { authorization }) };
        reply = await exchange(this.#dispatcher, { method, path, headers, timeoutMs: replyTimeoutMs, bodyBytesMax });
      } catch (error) {
        if (sends >= sendsMax) throw new PullFailure(stage, null, `no answer (${errorCode(error)})`);
        await sleep(resendPauseMs);
        continue;
      }
      const { status } = reply;
      if (status === 200) return reply;
      const dead = status === 401 ? this.#authorizer.take(reply) : null;
      let again = status === 408 || status === 429;
      if (status === 401) again = dead === null;
      if (status === 500 || status === 503 || status === 504) {
        serverErrors += 1;
        again = serverErrors === 1;
      }
      if (!again || sends >= sendsMax) throw new PullFailure(stage, status, dead ?? `${method} answered ${status}`);
    }
  }
}
