import type { Cluster } from "../ports/cluster.ts";
import { PortError } from "../ports/errors.ts";
import type { InstallationFacts, NotLooked, RegistryInventory, RobotEntry, UsePass } from "../ports/inventory.ts";
import { installationLabel, parseRobotMark } from "../protocol/mark.ts";
import { type CopyTraces, copyTraces, pullSecretType } from "../pullsecret/index.ts";
import { formatSpan } from "../schedule/span.ts";
import { findingsOf } from "./discover-findings.ts";
import type { Finding } from "./installation-findings.ts";

const auditPagesMax = 200;
const secretPagesMax = 1000;

/** A pull Secret that holds a login of this registry. */
export interface Holder {
  readonly cluster: string;
  readonly namespace: string;
  readonly secret: string;
  /** Key of the entry: `host[:port]`, perhaps with a path. */
  readonly registry: string;
  readonly username: string;
  /** Written by an installation of Capstan. */
  readonly managed: boolean;
  /** Absent: nothing shows that it is a copy. */
  readonly copy?: Pick<CopyTraces, "by" | "source">;
}

/** One robot with all that is known of it. */
export interface Discovered {
  readonly robot: RobotEntry;
  readonly creator: string;
  readonly ageMs: number;
  /** Milliseconds of the last pull; null: `useText` says what that means. */
  readonly lastUsedMs: number | null;
  readonly useText: string;
  readonly heldBy: readonly Holder[];
  /** Credential whose mark it bears; null: nobody's of ours. */
  readonly credential: string | null;
}

export interface Discovery {
  readonly installation: InstallationFacts;
  readonly robots: readonly Discovered[];
  /** Secrets with a robot's name that the registry does not list. */
  readonly strangers: readonly Holder[];
  readonly findings: readonly Finding[];
  readonly notLooked: readonly NotLooked[];
}

export interface DiscoverTools {
  readonly inventory: RegistryInventory;
  readonly clusters: Readonly<Record<string, Cluster>>;
  readonly nowMs: () => number;
  /** Hosts under which nodes know this registry: `harbor.example[:port]`. */
  readonly hosts: readonly string[];
}

/** `https://harbor.example/v2/` → `harbor.example`: entries are written in many ways. */
export function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, "").split("/")[0] ?? "";
}

async function holdersIn(cluster: string, port: Cluster, hosts: ReadonlySet<string>): Promise<readonly Holder[]> {
  const holders: Holder[] = [];
  let token: string | null = null;
  for (let page = 0; page < secretPagesMax; page += 1) {
    const { secrets, continueToken }: Awaited<ReturnType<Cluster["listSecrets"]>> = await port.listSecrets("", token);
    for (const { namespace, name, type, content, labels, annotations } of secrets) {
      if (type !== pullSecretType || content.state !== "parsed") continue;
      const traces = copyTraces({ labels, annotations });
      const copy = traces === null ? {} : { copy: { by: traces.by, source: traces.source } };
      const managed = labels[installationLabel] !== undefined;
      for (const [registry, login] of Object.entries(content.logins)) {
        if (login === null || !hosts.has(hostOf(registry))) continue;
        holders.push({ cluster, namespace, secret: name, registry, username: login.username, managed, ...copy });
      }
    }
    if (continueToken === null) return holders;
    token = continueToken;
  }
  return holders;
}

function useOf({ lastMs, reachesBackToMs, whole, why }: UsePass, username: string, nowMs: number) {
  const lastUsedMs = lastMs.get(username) ?? null;
  if (lastUsedMs !== null) return { lastUsedMs, useText: "" };
  if (why !== null || reachesBackToMs === null) return { lastUsedMs, useText: "no evidence" };
  const span = formatSpan(Math.max(0, nowMs - reachesBackToMs));
  return { lastUsedMs, useText: `not within the last ${span}${whole ? ", all that the log has" : ""}` };
}

function creatorOf({ creator }: RobotEntry, robots: ReadonlyMap<number, RobotEntry>, facts: InstallationFacts): string {
  if (creator === null) return "not told before 2.12";
  if (creator.type === "user") return facts.users.get(creator.id) ?? `user ${creator.id}`;
  return robots.get(creator.id)?.username ?? `robot ${creator.id}, gone`;
}

/** Everything about one registry's robots and who holds them. Reads only; throws what the registry throws. */
export async function discover(tools: DiscoverTools): Promise<Discovery> {
  const { inventory, nowMs } = tools;
  const installation = await inventory.installation();
  const { robots, notLooked } = await inventory.listAll();
  const pass = await inventory.lastUses(new Set(robots.map(({ username }) => username)), auditPagesMax);
  const blind: NotLooked[] = [...installation.notLooked, ...notLooked];
  if (pass.why !== null) blind.push({ place: "use of robots", why: pass.why });
  const holders: Holder[] = [];
  const hosts = new Set(tools.hosts);
  for (const [name, port] of Object.entries(tools.clusters)) {
    await holdersIn(name, port, hosts).then(
      (found) => holders.push(...found),
      (error: unknown) => {
        if (!(error instanceof PortError)) throw error;
        blind.push({ place: `Secrets of cluster ${name}`, why: error.message });
      },
    );
  }
  const byId = new Map(robots.map((robot) => [robot.id, robot]));
  const names = new Set(robots.map(({ username }) => username));
  const found = robots.map(
    (robot): Discovered => ({
      robot,
      creator: creatorOf(robot, byId, installation),
      ageMs: Math.max(0, nowMs() - robot.createdAtMs),
      ...useOf(pass, robot.username, nowMs()),
      heldBy: holders.filter(({ username }) => username === robot.username),
      credential: parseRobotMark(robot.username, robot.description)?.credential ?? null,
    }),
  );
  const strangers = holders.filter(({ username }) => !names.has(username));
  const findings = findingsOf({ installation, robots: found, strangers, pass, nowMs: nowMs() });
  return { installation, robots: found, strangers, findings, notLooked: blind };
}
