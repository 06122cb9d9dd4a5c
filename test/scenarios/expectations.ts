import { expect } from "vitest";
import type { TickResult } from "../../core/app/tick.ts";
import { decodeValue } from "../../core/engine/value.ts";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import type { PartName } from "../../functions/sandbox/faults.ts";
import { podsOnDemand } from "../../functions/sandbox/pullers/pods-of.ts";
import { startPullers } from "../../functions/sandbox/pullers/start-pullers.ts";
import { problemsIn, type Story } from "./story.ts";

export function clusterOf(story: Story, name: string) {
  const cluster = story.sandbox.clusters.find((one) => one.name === name);
  if (cluster === undefined) throw new Error(`no cluster ${name} in this story`);
  return cluster;
}

/** Entry of the credential's registry in a pull Secret; null: no Secret, or no such entry. */
export function usernameIn(story: Story, cluster: string, namespace: string): string | null {
  const text = clusterOf(story, cluster).secret(namespace, pullSecretName)?.data[".dockerconfigjson"];
  if (text === undefined) return null;
  const entries = (JSON.parse(text) as { auths: Record<string, { username?: string }> }).auths;
  return entries[story.sandbox.describe().harbor.host]?.username ?? null;
}

/** A pod starts there and pulls its image, as kubelet and containerd would. Returns the login it got in with. */
export async function pull(story: Story, cluster: string, namespace: string): Promise<string | null> {
  const pullers = startPullers({
    ...podsOnDemand(story.sandbox.describe()),
    paceMs: 1_000,
    random: () => 0,
    nowMs: () => Date.now(),
  });
  const record = await pullers.pullOnce(cluster, namespace);
  await pullers.stop();
  return record.ok ? record.username : null;
}

/** The namespaces (`prod-1/team-1`) hold the current generation, and pods there pull with it. */
export async function expectServed(story: Story, ...places: readonly string[]): Promise<void> {
  const username = (await story.ledger()).current?.robot.username;
  for (const place of places) {
    const [cluster = "", namespace = ""] = place.split("/");
    expect([place, usernameIn(story, cluster, namespace)]).toEqual([place, username]);
    expect([place, await pull(story, cluster, namespace)]).toEqual([place, username]);
  }
}

/** Usernames of the credential's robots that Harbor still has. */
export function livingRobots(story: Story): readonly string[] {
  return story.sandbox.harbor
    .robots()
    .filter((robot) => robot.deletedAtMs === null && robot.description.startsWith("capstan:"))
    .map((robot) => robot.username);
}

export function expectNamed(result: TickResult, code: string, words: string): void {
  expect(problemsIn(result)).toContainEqual(expect.stringMatching(new RegExp(`^${code}: .*${words}`)));
}

/** Generation and epoch that readers of each store get. */
export async function inStores(story: Story): Promise<Readonly<Record<string, string>>> {
  const seen = Object.entries(story.tools.ports.stores).map(async ([site, store]) => {
    const current = await store.readCurrent("capstan-platform-pull");
    const decoded = current === null ? null : decodeValue(current.value);
    const text = decoded?.is === "ours" ? `g${decoded.value.generation} e${decoded.value.epoch}` : (decoded?.is ?? "-");
    return [site, text] as const;
  });
  return Object.fromEntries(await Promise.all(seen));
}

const writes = [
  ...["CreateSecret", "PutSecretValue", "UpdateSecretVersionStage", "DeleteSecret", "PutItem"].map(
    (kind) => `aws ${kind}`,
  ),
  ...["secret.set", "secret.update", "secret.delete", "blob.put"].map((kind) => `azure ${kind}`),
  ...["secret.create", "secret.patch", "version.add", "version.destroy"].map((kind) => `gcp ${kind}`),
  ...["robot.create", "robot.delete", "robot.update"].map((kind) => `harbor ${kind}`),
  ...["create", "apply", "update", "patch", "delete"].map((verb) => `kubernetes secret.${verb}`),
];

/** Requests of these kinds (`<part> <kind>`; every write where none is named) from now on, in the order in which they come. */
export function watch(story: Story, ...kinds: readonly string[]): readonly string[] {
  const seen: string[] = [];
  for (const name of kinds.length > 0 ? kinds : writes) {
    const [part = "", kind = ""] = name.split(" ");
    const onHit = () => void seen.push(name);
    story.sandbox.faults.set({ part: part as PartName, kind, action: { type: "delay", delayMs: 0 }, onHit });
  }
  return seen;
}
