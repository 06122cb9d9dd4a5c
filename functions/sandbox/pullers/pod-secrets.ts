import type { Dispatcher } from "undici";
import { type PullSecretContent, parsePullSecret } from "../../../core/pullsecret/index.ts";
import { parseObject } from "./authorizer.ts";
import { exchange } from "./exchange.ts";

/** Kubelet's first read waits this long; then the Secret counts as missing (pulls.md §1.2). */
const readTimeoutMs = 1000;
const secretBytesMax = 4 * 1024 * 1024;

export interface SecretRead {
  readonly content: PullSecretContent;
  /** The API server gave no answer worth having; this is what was read last, or absent. */
  readonly held: boolean;
}

/** Secrets of one cluster, each with what was last read of it: a node goes on with that while the API server is dark. */
export class PodSecrets {
  readonly #dispatcher: Dispatcher;
  readonly #token: string;
  readonly #held = new Map<
    string,
    { readonly type: string; readonly data: string; readonly content: PullSecretContent }
  >();

  constructor(dispatcher: Dispatcher, token: string) {
    this.#dispatcher = dispatcher;
    this.#token = token;
  }

  async read(namespace: string, name: string): Promise<SecretRead> {
    const key = `${namespace}/${name}`;
    const reply = await exchange(this.#dispatcher, {
      method: "GET",
      path: `/api/v1/namespaces/${namespace}/secrets/${name}`,
      headers: { authorization: `Bearer ${this.#token}`, accept: "application/json", "user-agent": "kubelet/v1.37.2" },
      timeoutMs: readTimeoutMs,
      bodyBytesMax: secretBytesMax,
    }).catch(() => null);
    if (reply?.status === 404) {
      this.#held.delete(key);
      return { content: { state: "absent" }, held: false };
    }
    const held = this.#held.get(key);
    if (reply?.status !== 200) return { content: held?.content ?? { state: "absent" }, held: true };
    const secret = parseObject(reply.body);
    const type = String(secret["type"] ?? "Opaque");
    const fields = (secret["data"] ?? {}) as Readonly<Record<string, string>>;
    const data = fields[".dockerconfigjson"];
    if (data === undefined) return this.#keep(key, type, "", null);
    if (held?.data === data && held.type === type) return { content: held.content, held: false };
    return this.#keep(key, type, data, Buffer.from(data, "base64"));
  }

  #keep(key: string, type: string, data: string, bytes: Uint8Array | null): SecretRead {
    const content = parsePullSecret(type, bytes);
    this.#held.set(key, { type, data, content });
    return { content, held: false };
  }
}
