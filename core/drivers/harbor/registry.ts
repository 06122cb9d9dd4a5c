import { setTimeout as sleep } from "node:timers/promises";
import type { IssuerInspection } from "../../ports/issuer.ts";
import type { Registry } from "../../ports/registry.ts";
import type { UsageEvidence } from "../../ports/usage.ts";
import { checkEndpoint } from "../http/dispatcher.ts";
import { type Api, createApi } from "./api.ts";
import { readInstallation } from "./installation.ts";
import { issuerLives } from "./issuer-lives.ts";
import { inspectIssuer } from "./issuer-rights.ts";
import { listRobots } from "./list.ts";
import { createLoginGate } from "./login-gate.ts";
import { defaults, type HarborOptions } from "./options.ts";
import { permissionsOf, projectInName, rowNamed } from "./own-rights.ts";
import { probeEndpoints } from "./probe.ts";
import { probePull } from "./probe-pull.ts";
import { refreshRobot, renewRobot } from "./robot-writes.ts";
import { mintRobot, readRobot, removeRobot } from "./robots.ts";
import { askUsage } from "./usage.ts";
import { askWhoami } from "./whoami.ts";
import { createWire } from "./wire.ts";

/**
 * One Harbor from 2.5 on, 2.12 or newer for an issuer that is a robot. Nothing is retried here but a person's
 * single 401, after 2 s, and a dead login not within its penalty. Throws at once for an endpoint that is no https address (or loopback).
 */
export function createHarborRegistry(options: HarborOptions): Registry & UsageEvidence & IssuerInspection {
  const pullEndpoints = options.pullEndpoints ?? [options.endpoint];
  for (const endpoint of [options.endpoint, ...pullEndpoints]) checkEndpoint(endpoint);
  if (pullEndpoints.length === 0) throw new Error("a Harbor needs at least one endpoint to pull from");
  const wire = createWire(options);
  const gate = createLoginGate(options.nowMs);
  const pause = options.sleep ?? ((ms: number) => sleep(ms));
  const apiOf = (issuer: HarborOptions["issuer"]): Api =>
    createApi(wire, {
      endpoint: options.endpoint,
      issuer,
      gate,
      nowMs: options.nowMs,
      sleep: pause,
    });
  const minter = apiOf(options.issuer);
  const retirer = options.retirer === undefined ? minter : apiOf(options.retirer);
  const { auditProbe } = options;
  const pull = auditProbe === undefined ? null : () => probePull(minter, wire, options.endpoint, auditProbe);
  return {
    mint: (request) => mintRobot(minter, request),
    list: (namePrefix) => listRobots(retirer, options.robotLevel, namePrefix, options.robotsMax ?? defaults.robotsMax),
    read: (id) => readRobot(retirer, id),
    remove: (id) => removeRobot(retirer, id),
    renew: (id, request) => renewRobot(minter, id, request),
    refresh: (id, password) => refreshRobot(minter, gate, id, password),
    probe: (login, scope) =>
      probeEndpoints({ wire, gate }, scope.once ? pullEndpoints.slice(0, 1) : pullEndpoints, login, scope),
    whoami: () => askWhoami(minter),
    usedSince: (username, sinceMs) => askUsage({ log: retirer, pull, sleep: pause }, username, sinceMs),
    issuerLives: () => issuerLives([...new Set([minter, retirer])]),
    installation: (projects) =>
      readInstallation(
        retirer,
        projects.map((name) => ({ id: 0, name, isPrivate: false })),
        false,
      ),
    robotNamed: (username) => rowNamed(retirer, username, projectInName(username)),
    permissionsOf: (id) => permissionsOf(retirer, id),
    inspectIssuer: (needs) => inspectIssuer({ mint: minter, retire: retirer }, needs),
  };
}
