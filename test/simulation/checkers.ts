import type { PortCall } from "../../core/engine/calls.ts";
import { parseHomeLedger } from "../../core/engine/ledger-text.ts";
import { decodeValue } from "../../core/engine/value.ts";
import type { Login } from "../../core/ports/registry.ts";
import type { HomeLedger } from "../../core/protocol/state.ts";
import { parsePullSecret } from "../../core/pullsecret/index.ts";
import { credential, registryKey, type World } from "./world.ts";

const loginScope = { repository: null, action: "pull" } as const;

export function homeLedger(world: World): HomeLedger | null {
  const record = world.ports.ledgers[world.home]?.loadNow(`sim/${credential}`).record;
  return record ? parseHomeLedger(record.text) : null;
}

export function alive(world: World, login: Login): boolean {
  return world.registry.probeNow(login, loginScope).endpoints.every((endpoint) => endpoint.verdict === "accepted");
}

/** Every copy of ours in a cluster, with where it is; what outsiders wrote last is theirs until the next tick. */
export function copies(world: World): readonly { readonly where: string; readonly login: Login }[] {
  const found: { where: string; login: Login }[] = [];
  for (const [name, cluster] of Object.entries(world.ports.clusters)) {
    for (const secret of Object.values(cluster.state.secrets)) {
      if (secret.owners.some((owner) => owner !== "capstan-sim")) continue;
      const content = parsePullSecret(secret.type, secret.text?.reveal() ?? null);
      const login = content.state === "parsed" ? content.logins[registryKey] : null;
      if (login) found.push({ where: `${name}/${secret.namespace}/${secret.name}`, login });
    }
  }
  return found;
}

/** Promises that can be judged in any state, judged after the effects that could break them. */
export function brokenBy(world: World, call: PortCall, exempt: ReadonlySet<string>): readonly string[] {
  const broken: string[] = [];
  if (call.call === "registry.remove") broken.push(...promiseOne(world, exempt));
  if (call.call === "cluster.applySecret") {
    const login = call.write.logins[registryKey];
    if (login && !exempt.has(login.username) && !alive(world, login))
      broken.push(`promise 1: ${call.on}/${call.write.namespace} was given ${login.username}, which is dead`);
  }
  if (call.call === "registry.remove" || call.call === "store.discard" || call.call === "ledger.save")
    broken.push(...promiseTwo(world, exempt));
  return broken;
}

/** Promise 1: what a target holds authenticates at every instant. */
export function promiseOne(world: World, exempt: ReadonlySet<string>): readonly string[] {
  return copies(world)
    .filter(({ login }) => !exempt.has(login.username) && !alive(world, login))
    .map(({ where, login }) => `promise 1: ${where} holds ${login.username}, which is dead`);
}

/** Promise 2: the current generation's value can be read back from the home store, and is alive. */
export function promiseTwo(world: World, exempt: ReadonlySet<string>): readonly string[] {
  const current = homeLedger(world)?.current;
  const [versionId] = current?.versionIds ?? [];
  if (!current || versionId === undefined || exempt.has(current.robot.username)) return [];
  try {
    const read = world.ports.stores[world.home]?.readVersionNow("platform-pull", versionId);
    const decoded = read && decodeValue(read.value);
    if (decoded?.is !== "ours") return [`promise 2: the home store gives back nothing of ours for ${versionId}`];
    return alive(world, decoded.value.login) ? [] : [`promise 2: the current generation ${current.generation} is dead`];
  } catch {
    return [`promise 2: the home store has lost ${versionId}`];
  }
}

/** Promise 6: no password in any ledger. */
export function secretsInLedgers(world: World): readonly string[] {
  const texts = Object.values(world.ports.ledgers).flatMap((ledger) =>
    Object.values(ledger.state.records).map((record) => record.text),
  );
  const passwords = world.registry.state.robots.map((robot) => robot.password.reveal());
  return passwords.some((password) => texts.some((text) => text.includes(password)))
    ? ["promise 6: a password stands in a ledger"]
    : [];
}

/** Promises 3 and 7, once faults have stopped and some ticks have passed. */
export function unfinished(world: World): readonly string[] {
  const ledger = homeLedger(world);
  const current = ledger?.current;
  if (!ledger || !current) return ["promise 7: no current generation"];
  const broken: string[] = [];
  if (ledger.next !== null)
    broken.push(`promise 7: generation ${ledger.next.generation} is still ${ledger.next.state}`);
  for (const record of ledger.replaced)
    broken.push(`promise 4: generation ${record.generation} is still ${record.state}`);
  for (const [site, store] of Object.entries(world.ports.stores)) {
    const read = store.readCurrentNow("platform-pull");
    const decoded = read && decodeValue(read.value);
    if (decoded?.is !== "ours" || decoded.value.epoch !== ledger.epoch)
      broken.push(`promise 7: the store of ${site} is not at epoch ${ledger.epoch}`);
  }
  for (const [name, cluster] of Object.entries(world.ports.clusters)) {
    for (const [namespace, { labels, terminating }] of Object.entries(cluster.state.namespaces)) {
      if (labels["pull"] !== "yes" || terminating) continue;
      const copy = copies(world).find((one) => one.where === `${name}/${namespace}/pull`);
      if (copy?.login.username !== current.robot.username || !alive(world, copy.login))
        broken.push(`promise 7: ${name}/${namespace}/pull is not served`);
    }
  }
  const robots = world.registry.state.robots.filter((robot) => robot.name.startsWith(`${credential}-g`));
  if (robots.length !== 1)
    broken.push(`promise 3: ${robots.length} robots are left: ${robots.map((robot) => robot.name).join(", ")}`);
  return [...broken, ...secretsInLedgers(world)];
}
