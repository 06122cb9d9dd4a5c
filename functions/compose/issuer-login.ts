import type { Config } from "../../core/config/complete.ts";
import { lookup } from "../../core/config/lookup.ts";
import { decodeValue } from "../../core/engine/value.ts";
import { PortError } from "../../core/ports/errors.ts";
import type { Login } from "../../core/ports/registry.ts";
import { siteDrivers } from "./sites.ts";
import type { Surroundings } from "./surroundings.ts";

type Named = Config["registries"][string]["issuer"];

/** A generation that was replaced lives on for its drain, so a minute-old login is still one. */
const keptMs = 60_000;

/**
 * A login of a registry, its password asked for anew each time. Where a credential of the file rotates it
 * (`issuer.credential`), name and password come from that credential's value at its home; before there is one, from
 * the file. Throws `PortError` where the store cannot be read, or holds something else.
 */
export function loginOf(login: Named, config: Config, around: Surroundings): () => Promise<Login> {
  const { username, password, credential: own } = login;
  const fromFile = async (): Promise<Login> => ({ username, password: await around.resolve(password) });
  const credential = own === undefined ? undefined : lookup(config.credentials, own);
  const site = credential === undefined ? undefined : lookup(config.sites, credential.home);
  if (credential === undefined || site === undefined) return fromFile;
  const { store } = siteDrivers(config, credential.home, site, around);
  let kept: { readonly atMs: number; readonly login: Login } | null = null;
  return async () => {
    if (kept !== null && Math.abs(around.nowMs() - kept.atMs) < keptMs) return kept.login;
    const current = await store.readCurrent(credential.storeName);
    if (current === null) return fromFile();
    const decoded = decodeValue(current.value);
    if (decoded.is !== "ours") throw foreign(own ?? "", credential.home);
    kept = { atMs: around.nowMs(), login: decoded.value.login };
    return kept.login;
  };
}

function foreign(credential: string, site: string): PortError {
  const text = `issuer: the store of ${site} holds no login of ${credential} that this version can read`;
  return new PortError("denied", text, { system: "issuer", operation: "login", reason: "bad-credentials" });
}
