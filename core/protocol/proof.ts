import type { ProofVerdict } from "./effects.ts";

/**
 * Several endpoints, one verdict: accepted only where all accept. `refused` only where all refuse:
 * a registry that is half down is an outage, not a dead credential.
 */
export function judgeEndpoints(endpoints: readonly { readonly verdict: ProofVerdict }[]): ProofVerdict {
  const verdicts = new Set(endpoints.map((endpoint) => endpoint.verdict));
  if (verdicts.size === 1) return [...verdicts][0] ?? "unreachable";
  if (verdicts.has("no-right")) return "no-right";
  return "unreachable";
}
