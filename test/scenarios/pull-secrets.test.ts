import { expect, test } from "vitest";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { clusterOf, expectNamed, expectServed, livingRobots, pull, watch } from "./expectations.ts";
import { type Configuration, given, hourMs, type Story } from "./story.ts";

const key = ".dockerconfigjson";
const neighbour = { username: "ci", password: "kept-as-it-is" };

function adopting({ credentials, ...rest }: Configuration) {
  const credential = credentials["platform-pull"];
  const targets = credential.targets.map((target) => ({ ...target, adopt: true }));
  return { ...rest, credentials: { "platform-pull": { ...credential, targets } } };
}

/** Somebody puts the Secret there by hand. */
function byHand(story: Story, namespace: string, auths: object): string {
  const cluster = clusterOf(story, "prod-1");
  cluster.putSecret(namespace, pullSecretName, { [key]: JSON.stringify({ auths }) });
  return cluster.secret(namespace, pullSecretName)?.resourceVersion ?? "";
}

const versionOf = (story: Story, namespace: string) =>
  clusterOf(story, "prod-1").secret(namespace, pullSecretName)?.resourceVersion;

test("a deleted Secret comes back in two calls, the site's ledger read between them", async () => {
  const story = await given({ clusters: 1, namespaces: 2 });
  await story.untilIdle();
  clusterOf(story, "prod-1").deleteSecret("team-1", pullSecretName);
  expect(await pull(story, "prod-1", "team-1")).toBeNull();

  // Both are server-side applies: the first creates and nothing else, the second fills exactly what it made.
  const seen = watch(story, "kubernetes secret.apply", "aws GetItem");
  await story.tick();
  const created = seen.indexOf("kubernetes secret.apply");
  expect(seen.slice(created)).toEqual(["kubernetes secret.apply", "aws GetItem", "kubernetes secret.apply"]);
  await expectServed(story, "prod-1/team-1", "prod-1/team-2");
});

test("somebody else's Secret is never written, and is named", async () => {
  const story = await given({ clusters: 1, namespaces: 2 });
  const version = byHand(story, "team-1", { "ghcr.io": neighbour });
  expectNamed(await story.untilIdle(), "target-foreign", "prod-1/team-1/platform-pull is not ours");
  await story.untilIdle({ type: "rotate" });
  expect(versionOf(story, "team-1")).toBe(version);
  await expectServed(story, "prod-1/team-2");
  expect(livingRobots(story)).toHaveLength(1);
});

test("a foreign Secret with our login in it holds that generation until it is changed", async () => {
  const story = await given({ clusters: 1, namespaces: 2 });
  await story.untilIdle();
  const ours = clusterOf(story, "prod-1").secret("team-2", pullSecretName)?.data[key] ?? "";
  clusterOf(story, "prod-1").putSecret("team-1", pullSecretName, { [key]: ours });

  await story.tick({ type: "rotate" });
  for (let hours = 0; hours < 3; hours += 1) {
    story.passes(hourMs);
    await story.tick();
  }
  expect((await story.ledger()).replaced).toMatchObject([{ generation: 1, state: "held" }]);
  expect(await pull(story, "prod-1", "team-1")).toMatch(/-g1-/);

  clusterOf(story, "prod-1").deleteSecret("team-1", pullSecretName);
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1", "prod-1/team-2");
  expect(livingRobots(story)).toHaveLength(1);
});

test("a malformed neighbour is named and not written back as good; once mended it is kept beside ours", async () => {
  const story = await given({ clusters: 1, namespaces: 2, configured: adopting });
  const version = byHand(story, "team-1", { "broken.example.com": { auth: "not base64 at all" } });
  for (let ticks = 0; ticks < 3; ticks += 1) {
    const result = await story.tick();
    expectNamed(result, "target-unserved", "prod-1/team-1/platform-pull: malformed: .*broken.example.com");
  }
  expect(versionOf(story, "team-1")).toBe(version);
  await expectServed(story, "prod-1/team-2");

  byHand(story, "team-1", { "broken.example.com": neighbour });
  await story.tick();
  await expectServed(story, "prod-1/team-1", "prod-1/team-2");
  const text = clusterOf(story, "prod-1").secret("team-1", pullSecretName)?.data[key] ?? "";
  expect(JSON.parse(text).auths["broken.example.com"]).toMatchObject(neighbour);
});
