import type { InstallationFacts, UsePass } from "../ports/inventory.ts";
import type { Discovered, Holder } from "./discover.ts";
import { type Finding, installationFindings, mayCreateProjects } from "./installation-findings.ts";
import { rightsOf } from "./rights.ts";

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

/** By its maker's rights of today: those were an upper bound when it was made, and no longer are (harbor.md §1.6). */
function outlivesMaker(
  { robot, creator }: Discovered,
  robots: readonly Discovered[],
  alive: readonly Discovered[],
): boolean {
  if (creator.endsWith(", gone")) return true;
  if (robot.creator?.type !== "robot") return false;
  const maker = robots.find((one) => one.robot.id === robot.creator?.id);
  if (maker === undefined) return false;
  const held = new Set(rightsOf(maker.robot.permissions));
  const covers = (right: string) => held.has(right) || held.has(right.replace(/^project:[^:]+:/, "project:*:"));
  return !alive.includes(maker) || !rightsOf(robot.permissions).every(covers);
}

function ofRobots({ robots, installation, nowMs }: Seen): Finding[] {
  const alive = robots.filter(
    ({ robot }) => !robot.disabled && (robot.expiresAtMs === null || robot.expiresAtMs > nowMs),
  );
  const dead = robots.filter((one) => !alive.includes(one));
  const mayCreate = alive.filter((one) => one.robot.level === "system" && pulls(one) && pullsOnly(one));
  return [
    mayCreateProjects(installation, names(mayCreate)),
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
      text: "robots whose maker is gone, dead, or may do less than they may: they keep the rights they were given",
      mend: "look whether anybody answers for them",
      about: names(alive.filter((one) => one.credential === null && outlivesMaker(one, robots, alive))),
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

/** What a person should look at; without anything to be about there is none. */
export function findingsOf(seen: Seen): readonly Finding[] {
  const { installation, strangers, pass } = seen;
  const unknown: Finding = {
    code: "unknown-login",
    text: "Secrets hold logins that are no robot seen here",
    mend: "people's passwords and deleted robots have no place in pull Secrets",
    about: strangers.map(placeOf),
  };
  const found = [unknown, ...installationFindings(installation, pass.why !== null), ...ofRobots(seen)];
  return found.filter(({ about }) => about.length > 0);
}
