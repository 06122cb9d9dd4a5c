import type { Config } from "../../core/config/complete.ts";
import { lookup } from "../../core/config/lookup.ts";
import { heedRetryAfter } from "../../core/engine/retry-after.ts";
import type { StoreNotices } from "../../core/ports/store-notices.ts";
import { awsLogin } from "./cloud-logins.ts";
import { lateDriver } from "./late-driver.ts";
import { reachOf } from "./own-logins.ts";
import type { Surroundings } from "./surroundings.ts";

/** Of the sites whose kind of store has something to say; asked by `plan` and `status` alone. */
export function storeNotices(
  config: Config,
  sites: readonly string[],
  around: Surroundings,
): Readonly<Record<string, StoreNotices>> {
  const found = sites.flatMap((name) => {
    const site = lookup(config.sites, name);
    if (site?.kind !== "aws") return [];
    const make = async (): Promise<StoreNotices> => {
      const { createAwsNotices } = await import("../../core/drivers/aws-secrets-manager/notices.ts");
      const login = await awsLogin(site, around);
      const { region, secretsManager } = site;
      const { requestTimeoutMs } = around;
      return createAwsNotices({ region, requestTimeoutMs, ...login, ...reachOf(secretsManager) });
    };
    const driver = lateDriver<StoreNotices>(`site ${name}`, { notices: true }, make);
    return [[name, heedRetryAfter(driver, around.nowMs)] as const];
  });
  return Object.fromEntries(found);
}
