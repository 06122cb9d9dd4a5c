import type { V1Secret } from "@kubernetes/client-node";
import { Secret } from "../../secret.ts";
import { dockerText } from "./facts.ts";

/** Of one version of one object, and so true for ever. */
export interface PullData {
  readonly type: string;
  readonly text: Secret | null;
}

const bytesMax = 16 * 1024 * 1024;

/**
 * What was read lately, by uid and resourceVersion, so that a write need not read again what it merges
 * into. Bounded: the oldest goes first, and what is gone is read again.
 */
export class RememberedData {
  readonly #byVersion = new Map<string, PullData & { readonly bytes: number }>();
  #bytes = 0;

  remember(secret: V1Secret): PullData {
    const text = dockerText(secret);
    const bytes = 200 + (text?.length ?? 0);
    const data = { type: secret.type ?? "", text: text === null ? null : new Secret(text), bytes };
    const key = `${secret.metadata?.uid} ${secret.metadata?.resourceVersion}`;
    this.#forget(key);
    this.#byVersion.set(key, data);
    this.#bytes += bytes;
    for (const oldest of this.#byVersion.keys()) {
      if (this.#bytes <= bytesMax) break;
      this.#forget(oldest);
    }
    return data;
  }

  recall(uid: string, resourceVersion: string): PullData | undefined {
    return this.#byVersion.get(`${uid} ${resourceVersion}`);
  }

  forget(uid: string, resourceVersion: string): void {
    this.#forget(`${uid} ${resourceVersion}`);
  }

  #forget(key: string): void {
    this.#bytes -= this.#byVersion.get(key)?.bytes ?? 0;
    this.#byVersion.delete(key);
  }
}
