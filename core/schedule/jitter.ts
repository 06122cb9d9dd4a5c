import { hash } from "node:crypto";

const fractionBits = 48;

/**
 * A number in [0, 1) that looks random and is always the same for one generation of one credential,
 * so that each tick of any runner works out the same date, and a fleet does not rotate at once.
 */
export function stableFraction(credential: string, generation: number): number {
  const digest = hash("sha256", `${credential}\n${generation}`);
  return Number.parseInt(digest.slice(0, fractionBits / 4), 16) / 2 ** fractionBits;
}
