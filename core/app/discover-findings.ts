import type { InstallationFacts, UsePass } from "../ports/inventory.ts";
import type { Discovered, Holder } from "./discover.ts";

export interface Finding {
  /** A word for scripts: `pull-robots-may-create-projects`. */
  readonly code: string;
  readonly text: string;
  readonly mend: string;
  /** What it is about, all of them: usernames, `project/policy`, `cluster: namespace/secret`. */
  readonly about: readonly string[];
}

interface Seen {
  readonly installation: InstallationFacts;
  readonly robots: readonly Discovered[];
  readonly strangers: readonly Holder[];
  readonly pass: UsePass;
  readonly nowMs: number;
}

/** As many rights as pulling needs: `repository:pull`, and looking around. */
const pullsOnly = ({ robot }: Discovered): boolean =>
  robot.permissions.every(({ kind, access }) =>
    access.every(({ resource, action }) => kind === "project" && resource === "repository" && action === "pull"),
  );
const pulls = ({ robot }: Discovered): boolean =>
  robot.permissions.some(({ access }) =>
    access.some(({ resource, action }) => resource === "repository" && action === "pull"),
  );
const names = (robots: readonly Discovered[]): readonly string[] => robots.map(({ robot }) => robot.username);
const placeOf = ({ cluster, namespace, secret, username }: Holder): string =>
  `${cluster}: ${namespace}/${secret} (${username})`;

function ofRobots({ robots, installation, nowMs }: Seen): Finding[] {
  const alive = robots.filter(
    ({ robot }) => !robot.disabled && (robot.expiresAtMs === null || robot.expiresAtMs > nowMs),
  );
  const dead = robots.filter((one) => !alive.includes(one));
  const mayCreate = alive.filter((one) => one.robot.level === "system" && pulls(one) && pullsOnly(one));
  return [
    {
      code: "pull-robots-may-create-projects",
      text: "system robots that are meant to pull may create projects, as every system robot may",
      mend: "let only administrators create projects, or use robots of a project",
      about: installation.projectsByAdministratorsOnly ? [] : names(mayCreate),
    },
    {
      code: "held-robots-may-do-more-than-pull",
      text: "robots that pull Secrets hold have more rights than pulling needs",
      mend: "give consumers robots with repository:pull alone",
      about: names(alive.filter((one) => one.heldBy.length > 0 && !pullsOnly(one))),
    },
    {
      code: "never-expires",
      text: "robots that never expire",
      mend: "give them a life that ends; Capstan renews in time",
      about: names(alive.filter(({ robot }) => robot.expiresAtMs === null)),
    },
    {
      code: "outlives-creator",
      text: "robots whose maker is gone, with the rights they were given",
      mend: "look whether anybody answers for them",
      about: names(alive.filter(({ creator }) => creator.endsWith(", gone"))),
    },
    {
      code: "held-but-dead",
      text: "Secrets hold robots that are disabled or expired",
      mend: "their pulls fail: hand out another login",
      about: dead.flatMap(({ heldBy }) => heldBy.map(placeOf)),
    },
    {
      code: "unmanaged",
      text: "robots that Secrets hold and nobody rotates",
      mend: "adopt them: the configuration that --write makes is a start",
      about: names(robots.filter((one) => one.credential === null && one.heldBy.length > 0)),
    },
  ];
}

const longTokensMs = 60 * 60_000;

function ofInstallation({ installation, pass, strangers }: Seen): Finding[] {
  const { robotNamePrefix: prefix, tokenLifetimeMs, pullAuditOff, readOnly, webhookHeaders, version } = installation;
  const oddPrefix = prefix !== null && (prefix.trim() === "" || /[\s:]/.test(prefix));
  return [
    {
      code: "unknown-login",
      text: "Secrets hold logins that are no robot seen here",
      mend: "people's passwords and deleted robots have no place in pull Secrets",
      about: strangers.map(placeOf),
    },
    {
      code: "webhook-header-readable",
      text: "webhooks whose Authorization header is shown in clear to all who may list them, robots too",
      mend: "treat those tokens as known, or take notification-policy:list and project:read on * from robots",
      about: webhookHeaders.map(({ project, policy }) => `${project}/${policy}`),
    },
    {
      code: "name-prefix",
      text: "the prefix of robots' names is empty, or holds a blank or a colon, which Basic logins cannot carry",
      mend: "set robot_name_prefix to something like robot$; it renames all robots at once",
      about: oddPrefix ? [JSON.stringify(prefix)] : [],
    },
    {
      code: "audit-off",
      text: "pulls leave no trace in the audit log: nothing tells whether a robot is still used",
      mend: "take pull_artifact out of disabled_audit_log_event_types",
      about: pullAuditOff === true || (pullAuditOff === null && pass.why !== null) ? [version] : [],
    },
    {
      code: "token-lifetime",
      text: "bearer tokens live long: a deleted robot pulls on as long",
      mend: "lower token_expiration, 30 minutes is usual",
      about: tokenLifetimeMs !== null && tokenLifetimeMs > longTokensMs ? [`${tokenLifetimeMs / 60_000} minutes`] : [],
    },
    {
      code: "read-only",
      text: "read-only mode is on: no robot can be made or deleted",
      mend: "switch it off before the next rotation is due",
      about: readOnly ? [version] : [],
    },
  ];
}

/** What a person should look at; without anything to be about there is none. */
export function findingsOf(seen: Seen): readonly Finding[] {
  return [...ofInstallation(seen), ...ofRobots(seen)].filter(({ about }) => about.length > 0);
}
