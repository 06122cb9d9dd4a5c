import type { ExternalSecretFacts } from "../ports/cluster.ts";

/** Why a copy that External Secrets writes is not current, as far as its own object tells; for people. */
export function syncText(found: ExternalSecretFacts | null, secret: string): string {
  if (found === null) return "by External Secrets: there is no ExternalSecret of this name";
  const { ready, reason, refreshedMs, interval, policy, target, carriedOut } = found;
  const last = refreshedMs === null ? "never refreshed" : `last refreshed ${new Date(refreshedMs).toISOString()}`;
  const say = (words: string) => `by External Secrets: ${words}`;
  if (target !== secret) return say(`the ExternalSecret of this name writes ${target}`);
  if (ready === false) return say(`it fails${reason === null ? "" : ` (${reason})`}, ${last}`);
  if (!carriedOut) return say(`its last change is not carried out yet, ${last}`);
  if (policy !== "Periodic") return say(`its refreshPolicy ${policy} follows no rotation, ${last}`);
  if (/^0[a-z]*$/.test(interval)) return say(`its refreshInterval ${interval} follows no rotation, ${last}`);
  return say(`not refreshed since, ${last}, every ${interval}`);
}
