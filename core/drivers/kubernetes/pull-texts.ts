import { type PullSecretContent, parsePullSecret, pullSecretType } from "../../pullsecret/index.ts";
import { Secret } from "../../secret.ts";

/** One `.dockerconfigjson`, and what kubelet makes of it. */
export interface PullText {
  readonly text: Secret;
  readonly content: PullSecretContent;
}

const textsMax = 256;
const charactersMax = 2 * 1024 * 1024;

/**
 * A credential's text stands in hundreds of Secrets: it is decoded, parsed and kept once, and what is worked out from
 * it can be kept by reference. Bounded: the oldest goes first.
 */
export class PullTexts {
  readonly #byBase64 = new Map<string, PullText>();
  #characters = 0;

  of(base64: string): PullText {
    const known = this.#byBase64.get(base64);
    if (known !== undefined) return known;
    const text = Buffer.from(base64, "base64").toString("utf8");
    const read: PullText = { text: new Secret(text), content: parsePullSecret(pullSecretType, text) };
    this.#byBase64.set(base64, read);
    this.#characters += base64.length;
    for (const oldest of this.#byBase64.keys()) {
      if (this.#byBase64.size <= textsMax && this.#characters <= charactersMax) break;
      this.#byBase64.delete(oldest);
      this.#characters -= oldest.length;
    }
    return read;
  }
}
