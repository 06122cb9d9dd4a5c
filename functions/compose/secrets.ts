import { readFile } from "node:fs/promises";
import {
  type CloudReferenceKind,
  createReferenceResolver,
  type ReferenceFetcher,
  UnresolvedReference,
} from "../../core/config/references.ts";
import { PortError } from "../../core/ports/errors.ts";
import { createScrubber } from "../../core/scrub.ts";
import type { Secret } from "../../core/secret.ts";

export interface SecretSource {
  /**
   * Resolves references, and remembers each secret for the scrubber. What it gives throws `PortError`
   * (`denied`, or `throttled` and `unreachable` where a cloud said so): drivers ask in the midst of their
   * calls, and there one that cannot be resolved fails that call and nothing else.
   */
  resolver(
    fetchers: Readonly<Partial<Record<CloudReferenceKind, ReferenceFetcher>>>,
  ): (reference: string) => Promise<Secret>;
  /** Takes every secret resolved so far out of a text. */
  scrub(text: string): string;
}

/** References of the configuration → secrets, each known to the scrubber of logs and errors from then on. */
export function createSecretSource(env: NodeJS.ProcessEnv): SecretSource {
  const known: Secret[] = [];
  let scrubber = createScrubber(known);
  return {
    resolver(fetchers) {
      const references = createReferenceResolver({ env, readFile: (path) => readFile(path, "utf8"), fetchers });
      return async (reference) => {
        const secret = await references.resolve(reference).catch((error: unknown) => {
          throw error instanceof UnresolvedReference ? unresolved(error) : error;
        });
        if (!known.some((other) => other.equals(secret))) {
          known.push(secret);
          scrubber = createScrubber(known);
        }
        return secret;
      };
    },
    scrub: (text) => scrubber(text),
  };
}

function unresolved({ kind, message }: UnresolvedReference): PortError {
  const where = { system: "configuration", operation: "resolve" };
  return new PortError(kind, message, kind === "denied" ? { ...where, reason: "bad-credentials" } : where);
}
