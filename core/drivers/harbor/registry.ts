import { setTimeout as sleep } from "node:timers/promises";
import type { Registry } from "../../ports/registry.ts";
import type { UsageEvidence } from "../../ports/usage.ts";
import { checkEndpoint } from "../http/dispatcher.ts";
import { createApi } from "./api.ts";
import { listRobots } from "./list.ts";
import { defaults, type HarborOptions } from "./options.ts";
import { probeEndpoints } from "./probe.ts";
import { mintRobot, readRobot, removeRobot } from "./robots.ts";
import { askUsage } from "./usage.ts";
import { askWhoami } from "./whoami.ts";
import { createWire } from "./wire.ts";

/**
 * One Harbor, 2.12 or newer for an issuer that is a robot. Nothing is retried here but a person's
 * single 401, after 2 s. Throws at once for an endpoint that is no https address (or loopback).
 */
export function createHarborRegistry(options: HarborOptions): Registry & UsageEvidence {
  const pullEndpoints = options.pullEndpoints ?? [options.endpoint];
  for (const endpoint of [options.endpoint, ...pullEndpoints]) checkEndpoint(endpoint);
  if (pullEndpoints.length === 0) throw new Error("a Harbor needs at least one endpoint to pull from");
  const wire = createWire(options);
  const api = createApi(wire, {
    endpoint: options.endpoint,
    issuer: options.issuer,
    nowMs: options.nowMs,
    sleep: options.sleep ?? ((ms) => sleep(ms)),
  });
  return {
    mint: (request) => mintRobot(api, request),
    list: (namePrefix) => listRobots(api, options.robotLevel, namePrefix, options.robotsMax ?? defaults.robotsMax),
    read: (id) => readRobot(api, id),
    remove: (id) => removeRobot(api, id),
    probe: (login, scope) => probeEndpoints(wire, pullEndpoints, login, scope),
    whoami: () => askWhoami(api),
    usedSince: (username, sinceMs) => askUsage(api, username, sinceMs),
  };
}
