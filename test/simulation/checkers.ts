import type { MemoryRobot } from "../../core/drivers/memory/registry-state.ts";
import { homeLedgerOf } from "../../core/engine/ledger-text.ts";
import { decodeValue } from "../../core/engine/value.ts";
import type { Login } from "../../core/ports/registry.ts";
import { slotOfName } from "../../core/protocol/mark.ts";
import type { HomeLedger } from "../../core/protocol/state.ts";
import type { Place, World } from "./world.ts";

const loginScope = { repository: null, action: "pull" } as const;

export function homeLedger(world: World, place: Place = world.places[0]): HomeLedger | null {
  const record = world.ports.ledgers[place.home]?.loadNow(`sim/${place.name}`).record;
  return record ? homeLedgerOf(record) : null;
}

export function alive(world: World, login: Login, place: Place = world.places[0]): boolean {
  const { endpoints } = world.registryOf(place).probeNow(login, loginScope);
  return endpoints.every((endpoint) => endpoint.verdict === "accepted");
}

/** A fixed robot has many secrets one after another: what is said of one of them names it, too. */
export function loginKey(login: Login): string {
  return `${login.username} ${login.password.reveal()}`;
}

export interface Copy {
  readonly where: string;
  readonly login: Login;
}

/** Every copy of ours in a cluster, with where it is; what outsiders wrote last is theirs until the next tick. */
export function copies(world: World, place: Place = world.places[0]): readonly Copy[] {
  const found: Copy[] = [];
  for (const [name, cluster] of Object.entries(world.ports.clusters)) {
    for (const { namespace, name: secret } of Object.values(cluster.state.secrets)) {
      const facts = secret === place.secret ? cluster.readSecretNow(namespace, secret) : null;
      if (facts === null || facts.otherOwners.length > 0 || facts.content.state !== "parsed") continue;
      const login = facts.content.logins[place.registryKey];
      if (login) found.push({ where: `${name}/${namespace}/${secret}`, login });
    }
  }
  return found;
}

/** Promise 1: what a target holds authenticates at every instant. */
export function promiseOne(
  world: World,
  exempt: ReadonlySet<string>,
  place: Place = world.places[0],
  theirs: (copy: Copy) => boolean = () => false,
): readonly string[] {
  return copies(world, place)
    .filter((copy) => !theirs(copy))
    .filter(({ login }) => !exempt.has(login.username) && !exempt.has(loginKey(login)) && !alive(world, login, place))
    .map(({ where, login }) => `promise 1: ${where} holds ${login.username}, which is dead`);
}

/**
 * Promise 2: the current generation's value can be read back from the home store, and is alive. `ledger`: what
 * stands in the home's ledger, unless somebody put an old copy there.
 */
export function promiseTwo(
  world: World,
  exempt: ReadonlySet<string>,
  place: Place = world.places[0],
  ledger: HomeLedger | null = homeLedger(world, place),
): readonly string[] {
  const current = ledger?.current;
  const [versionId] = current?.versionIds ?? [];
  if (!current || versionId === undefined || exempt.has(current.robot.username)) return [];
  const { id, username } = current.robot;
  const robot = world.registryOf(place).state.robots.find((one) => one.id === id);
  // Of a fixed robot that somebody deleted the last secret is not seen any more: one that was excused will do.
  const isExcused = robot
    ? exempt.has(loginKey({ username, password: robot.password }))
    : [...exempt].some((key) => key.startsWith(`${username} `));
  if (isExcused) return [];
  try {
    const read = world.ports.stores[place.home]?.readVersionNow(place.storeName, versionId);
    const decoded = read && decodeValue(read.value);
    if (decoded?.is !== "ours") return [`promise 2: the home store gives back nothing of ours for ${versionId}`];
    return exempt.has(loginKey(decoded.value.login)) || alive(world, decoded.value.login, place)
      ? []
      : [`promise 2: the current generation ${current.generation} is dead`];
  } catch {
    // In place the robot may have been given another secret since the value was taken away.
    const wasExcused = [...exempt].some((key) => key.startsWith(`${username} `));
    if (current.madeOf.strategy === "in-place" && wasExcused) return [];
    return [`promise 2: the home store has lost ${versionId}`];
  }
}

/** Promise 6: no password in any ledger. */
export function secretsInLedgers(world: World): readonly string[] {
  const texts = Object.values(world.ports.ledgers).flatMap((ledger) =>
    Object.values(ledger.state.records).map((record) => record.text),
  );
  const passwords = Object.values(world.ports.registries).flatMap((registry) =>
    registry.state.robots.map((robot) => robot.password.reveal()),
  );
  return passwords.some((password) => texts.some((text) => text.includes(password)))
    ? ["promise 6: a password stands in a ledger"]
    : [];
}

/** Promises 3 and 7, once faults have stopped and some ticks have passed. What is in `dark` is not looked at. */
export function unfinished(
  world: World,
  place: Place = world.places[0],
  dark: ReadonlySet<string> = new Set(),
): readonly string[] {
  const ledger = homeLedger(world, place);
  const current = ledger?.current;
  if (!ledger || !current) return ["promise 7: no current generation"];
  const broken: string[] = [];
  if (ledger.next !== null)
    broken.push(`promise 7: generation ${ledger.next.generation} is still ${ledger.next.state}`);
  if (current.revoked) broken.push(`promise 4: generation ${current.generation} was revoked and is still current`);
  if (dark.size === 0) broken.push(...remains(world, ledger, place));
  for (const [site, store] of Object.entries(world.ports.stores)) {
    const read = store.readCurrentNow(place.storeName);
    const decoded = read && decodeValue(read.value);
    if (decoded?.is !== "ours" || decoded.value.epoch !== ledger.epoch)
      broken.push(`promise 7: the store of ${site} is not at epoch ${ledger.epoch}`);
  }
  broken.push(...unserved(world, current.robot.username, place, dark));
  return broken.length > 0 ? broken : secretsInLedgers(world);
}

export function isOurs(robot: MemoryRobot, place: Place): boolean {
  return robot.name.startsWith(`${place.name}-g`) && robot.description.startsWith("capstan:");
}

function remains(world: World, ledger: HomeLedger, place: Place): readonly string[] {
  const broken: string[] = [];
  for (const record of ledger.replaced)
    broken.push(`promise 4: generation ${record.generation} is still ${record.state}`);
  const { robots: all } = world.registryOf(place).state;
  // Two fixed robots stay, one of them idle: of its secret the witness knows (`Witness.leftovers`).
  const isIdle = ({ id, name }: MemoryRobot) =>
    id !== ledger.current?.robot.id && slotOfName(place.name, name) !== null;
  const robots = all.filter((robot) => isOurs(robot, place) && !isIdle(robot));
  if (robots.length !== 1)
    broken.push(`promise 3: ${robots.length} robots are left: ${robots.map((robot) => robot.name).join(", ")}`);
  return broken;
}

function unserved(world: World, username: string, place: Place, dark: ReadonlySet<string>): readonly string[] {
  const served = new Set<string>();
  for (const { where, login } of copies(world, place))
    if (login.username === username && alive(world, login, place)) served.add(where);
  const broken: string[] = [];
  for (const [name, cluster] of Object.entries(world.ports.clusters)) {
    if (dark.has(name)) continue;
    for (const [namespace, { labels, terminating }] of Object.entries(cluster.state.namespaces)) {
      const where = `${name}/${namespace}/${place.secret}`;
      if (labels["pull"] === "yes" && !terminating && !served.has(where))
        broken.push(`promise 7: ${where} is not served`);
    }
  }
  return broken;
}
