import { referenceMend, referencePattern } from "../references.ts";
import { text } from "./text.ts";

/** Where a secret is kept; a secret itself is refused (`core/config/references.ts`). */
export function secretReference(what: string) {
  return text({
    description: `Where ${what} is kept: env:NAME, file:path, aws:secret-id[#key], azure:https://vault/secrets/name or gcp:projects/p/secrets/s[#alias]`,
    pattern: referencePattern,
    mend: referenceMend,
  });
}
