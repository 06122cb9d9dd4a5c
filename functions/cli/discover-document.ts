import type { Discovered, Discovery, Holder } from "../../core/app/discover.ts";
import { formatTime } from "../../core/schedule/time.ts";

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : formatTime(ms));

const holder = ({ cluster, namespace, secret, registry, managed }: Holder) => ({
  cluster,
  namespace,
  secret,
  registry,
  managed,
});

function robotDocument({ robot, creator, lastUsedMs, useText, heldBy, credential }: Discovered) {
  return {
    id: robot.id,
    username: robot.username,
    level: robot.level,
    project: robot.project,
    disabled: robot.disabled,
    createdAt: formatTime(robot.createdAtMs),
    /** Null: never. */
    expiresAt: timeOrNull(robot.expiresAtMs),
    creator,
    lastUsedAt: timeOrNull(lastUsedMs),
    /** Why there is no time: not within the span of the log, or no evidence at all. */
    lastUse: useText === "" ? null : useText,
    heldBy: heldBy.map(holder),
    credential,
    permissions: robot.permissions,
  };
}

/** What `capstan discover -o json` prints. No secret was ever asked for. */
export function discoveryDocument({ installation, robots, strangers, findings, notLooked }: Discovery) {
  const { version, readOnly, robotNamePrefix, tokenLifetimeMs } = installation;
  return {
    harbor: {
      version,
      readOnly,
      robotNamePrefix,
      tokenLifetimeS: tokenLifetimeMs === null ? null : tokenLifetimeMs / 1000,
    },
    robots: robots.map(robotDocument),
    unknownLogins: strangers.map((one) => ({ ...holder(one), username: one.username })),
    findings,
    notLookedAt: notLooked,
  };
}
