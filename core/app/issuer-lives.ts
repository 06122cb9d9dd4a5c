import { drainMsOf } from "../config/complete.ts";
import { PortError } from "../ports/errors.ts";
import type { Problem } from "../protocol/home-state.ts";
import { credentialOf, registryPortOf } from "./settings.ts";
import type { Tools } from "./tools.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** A person has to act, so a person's time is left. */
const noticeMsMin = 7 * dayMs;

/**
 * Robots of the issuer that end soon by the registry's clock: a week before, or as long before as one whole
 * rotation with its drain and margin takes. No problem where the registry cannot be asked: others say so.
 */
export async function issuerProblems(tools: Tools, name: string): Promise<readonly Problem[]> {
  const credential = credentialOf(tools.config, name);
  const { drain, distributionMaxMs, marginMs } = credential;
  const inspection = tools.issuers[registryPortOf(credential)];
  if (inspection === undefined) return [];
  const noticeMs = Math.max(noticeMsMin, distributionMaxMs + drainMsOf(drain) + marginMs);
  try {
    const { robots, serverMs } = await inspection.issuerLives();
    const nowMs = serverMs ?? tools.clock.nowMs();
    return robots.flatMap(({ username, expiresAtMs }) => {
      const leftMs = expiresAtMs === null ? Number.POSITIVE_INFINITY : expiresAtMs - nowMs;
      if (leftMs > noticeMs) return [];
      const own = tools.config.registries[credential.registry]?.issuer.credential;
      const mend =
        own === undefined
          ? "prolong it at the registry, or configure another"
          : `capstan plan ${own} tells why it was not rotated in time`;
      const text = `the issuer ${username} expires in ${spanOf(Math.max(0, leftMs))}: ${mend}; without it nothing is minted or deleted`;
      return [{ code: "issuer-expires", text, blocks: false }];
    });
  } catch (error) {
    if (error instanceof PortError) return [];
    throw error;
  }
}

function spanOf(ms: number): string {
  if (ms >= 2 * dayMs) return `${Math.floor(ms / dayMs)} days`;
  return ms >= 2 * hourMs ? `${Math.floor(ms / hourMs)} hours` : `${Math.floor(ms / 60_000)} minutes`;
}
