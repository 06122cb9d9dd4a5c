import { PortError } from "../../ports/errors.ts";
import { decodeVersion, secretName, system } from "./names.ts";
import type { VaultSecrets } from "./vault-secrets.ts";

const operation = "discard";

/** Null: absent, or disabled (then no reader gets anything). */
export async function readCurrentId(secrets: VaultSecrets, name: string, asked: string): Promise<string | null> {
  try {
    return (await secrets.read(asked, name))?.id ?? null;
  } catch (error) {
    if (error instanceof PortError && error.reason === "disabled") return null;
    throw error;
  }
}

function isCurrentError(name: string): PortError {
  return new PortError("conflict", `${system}: discard ${name}: a version is current`, { system, operation });
}

/**
 * Disables versions, none of them current. The first reading may be from the past, and disabling the current
 * version takes the value from every reader: so it is looked at again afterwards, and what was current after all
 * is enabled again. Throws `conflict` (`disabled`) while the current version is switched off: nobody can tell then.
 */
export async function discardVersions(
  secrets: VaultSecrets,
  name: string,
  versionIds: readonly string[],
): Promise<void> {
  const wanted = versionIds.map(decodeVersion).filter((one) => one !== null);
  const main = wanted.filter(({ place }) => place === "main").map(({ id }) => id);
  const before = main.length === 0 ? null : await secrets.read(operation, name);
  if (before !== null && main.includes(before.id)) throw isCurrentError(name);
  for (const { place, id } of wanted) await secrets.setEnabled(operation, secretName(name, place), id, false);
  if (before === null) return;
  const now = await readCurrentId(secrets, name, operation);
  if (now !== null && !main.includes(now)) return;
  for (const id of main) await secrets.setEnabled(operation, name, id, true);
  throw isCurrentError(name);
}
