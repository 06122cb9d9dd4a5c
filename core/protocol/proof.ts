import type { ProofVerdict } from "./effects.ts";

/**
 * Several endpoints, one verdict: accepted only where all accept. `refused` only where all refuse:
 * a registry that is half down is an outage, not a dead credential.
 */
export function judgeEndpoints(endpoints: readonly { readonly verdict: ProofVerdict }[]): ProofVerdict {
  const verdicts = endpoints.map((endpoint) => endpoint.verdict);
  const [first] = verdicts;
  if (first !== undefined && verdicts.every((verdict) => verdict === first)) return first;
  return verdicts.includes("no-right") ? "no-right" : "unreachable";
}
