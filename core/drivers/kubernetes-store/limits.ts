import { PortError } from "../../ports/errors.ts";
import type { Secret } from "../../secret.ts";
import type { StoreLimits } from "../http/store-limits.ts";

export const system = "kubernetes-store";

/** Data of one Secret (API reference, `MaxSecretSize`). */
const objectBytesMax = 1024 * 1024;

/** Names of objects are DNS subdomains; of the largest values ten living generations fit one object. */
export const limits: StoreLimits = {
  system,
  namePattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  nameCharactersMax: 253 - "-round".length,
  nameAllows: "a-z, 0-9, - and .",
  valueBytesMax: 65_536,
};

/** Throws `invalid` (`too-large`) where the value does not fit beside what the object holds already. */
export function checkRoom(
  operation: string,
  name: string,
  value: Secret,
  beside: Readonly<Record<string, Secret>>,
): void {
  const bytes = [value, ...Object.values(beside)].reduce((sum, one) => sum + Buffer.byteLength(one.reveal()), 0);
  if (bytes <= objectBytesMax) return;
  const message = `${system}: ${operation} ${name}: ${bytes} bytes of living versions, ${objectBytesMax} fit`;
  throw new PortError("invalid", message, { system, operation, reason: "too-large" });
}
