import { registryPortOf } from "../../core/app/settings.ts";
import type { Config } from "../../core/config/complete.ts";
import type { Ports } from "../../core/engine/ports.ts";
import { heedRetryAfter } from "../../core/engine/retry-after.ts";
import type { IssuerInspection } from "../../core/ports/issuer.ts";
import { loginOf } from "./issuer-login.ts";
import { lateDriver } from "./late-driver.ts";
import type { Surroundings } from "./surroundings.ts";

type Driver = Ports["registries"][string] & IssuerInspection;

const calls: Readonly<Record<keyof Driver, true>> = {
  mint: true,
  list: true,
  read: true,
  remove: true,
  renew: true,
  refresh: true,
  probe: true,
  whoami: true,
  usedSince: true,
  issuerLives: true,
  inspectIssuer: true,
  permissionsOf: true,
  robotNamed: true,
  installation: true,
};

/** A driver per Harbor and level of robots, made at its first call; the issuer's password is only asked for when it is used. */
export function registryDrivers(
  config: Config,
  credentials: readonly string[],
  around: Surroundings,
): Readonly<Record<string, Driver>> {
  const drivers: Record<string, Driver> = {};
  for (const name of credentials) {
    const credential = config.credentials[name];
    const registry = credential && config.registries[credential.registry];
    if (credential === undefined || registry === undefined) continue;
    const { level, permissions } = credential.robot;
    const project = permissions[0]?.namespace ?? "";
    const driver = lateDriver<Driver>(`registry ${credential.registry}`, calls, async () => {
      const { createHarborRegistry } = await import("../../core/drivers/harbor/registry.ts");
      return createHarborRegistry({
        endpoint: registry.endpoint,
        pullEndpoints: registry.pullEndpoints,
        ...(registry.caFile === undefined ? {} : { caFile: registry.caFile }),
        issuer: loginOf(registry.issuer, config, around),
        ...(registry.retirer === undefined ? {} : { retirer: loginOf(registry.retirer, config, around) }),
        ...(registry.auditProbe === undefined ? {} : { auditProbe: registry.auditProbe }),
        robotLevel: level === "project" ? { level, project } : { level },
        nowMs: around.nowMs,
        requestTimeoutMs: around.requestTimeoutMs,
      });
    });
    drivers[registryPortOf(credential)] ??= heedRetryAfter(driver, around.nowMs);
  }
  return drivers;
}
