import { readFile } from "node:fs/promises";
import {
  createReferenceResolver,
  type ReferenceFetcher,
  type ReferenceResolver,
  UnresolvedReference,
} from "../../core/config/references.ts";
import { PortError } from "../../core/ports/errors.ts";
import { createScrubber } from "../../core/scrub.ts";
import type { Secret } from "../../core/secret.ts";

export interface SecretSource {
  /**
   * Resolves a reference, and remembers the secret for the scrubber. Throws `PortError` `denied`: drivers
   * ask in the midst of their calls, and there one that cannot be resolved fails that call and nothing else.
   */
  resolve(reference: string): Promise<Secret>;
  /** Takes every secret resolved so far out of a text. */
  scrub(text: string): string;
}

/** References of the configuration → secrets, each known to the scrubber of logs and errors from then on. */
export function createSecretSource(
  env: NodeJS.ProcessEnv,
  fetchers: Readonly<Partial<Record<"aws" | "azure" | "gcp", ReferenceFetcher>>>,
): SecretSource {
  const resolver: ReferenceResolver = createReferenceResolver({
    env,
    readFile: (path) => readFile(path, "utf8"),
    fetchers,
  });
  const known: Secret[] = [];
  let scrubber = createScrubber(known);
  return {
    async resolve(reference) {
      const secret = await resolver.resolve(reference).catch((error: unknown) => {
        if (!(error instanceof UnresolvedReference)) throw error;
        throw new PortError("denied", error.message, {
          system: "configuration",
          operation: "resolve",
          reason: "bad-credentials",
        });
      });
      if (!known.some((other) => other.equals(secret))) {
        known.push(secret);
        scrubber = createScrubber(known);
      }
      return secret;
    },
    scrub: (text) => scrubber(text),
  };
}
