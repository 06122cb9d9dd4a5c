import { expect, test } from "vitest";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { clusterOf, expectServed } from "./expectations.ts";
import { given, type Story } from "./story.ts";

const namespaces = 40;
const few = 6;

/** Requests of the runner to the cluster while something happens, by kind. */
async function counted(story: Story, happens: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const { counts } = clusterOf(story, "prod-1");
  const before = new Map(counts);
  await happens();
  const grown = [...counts].map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

test("a tick without a change lists namespaces and Secrets once, and reads none", async () => {
  const story = await given({ clusters: 1, namespaces });
  await story.untilIdle();
  expect(await counted(story, () => story.tick())).toEqual({ "namespace.list": 1, "secret.list": 1 });
});

test("where one Secret was changed, it alone is written", async () => {
  const story = await given({ clusters: 1, namespaces });
  await story.untilIdle();
  clusterOf(story, "prod-1").deleteSecret("team-7", pullSecretName);
  // Looked for, made empty, filled, read back.
  const one = { "secret.get": 2, "secret.apply": 2 };
  expect(await counted(story, () => story.tick())).toEqual({ "namespace.list": 1, "secret.list": 1, ...one });
  await expectServed(story, "prod-1/team-7");
});

test("a rotation takes at most 1.1 requests per Secret: each is written once, one listing reads all back", async () => {
  const story = await given({ clusters: 1, namespaces });
  await story.untilIdle();
  // Home mints and promotes, and its site hands out, in one tick.
  const requests = await counted(story, () => story.tick({ type: "rotate" }));
  // The first is read back by itself: its copy is tried at the registry before the others are written.
  expect(requests).toEqual({ "namespace.list": 1, "secret.list": 2, "secret.apply": namespaces, "secret.get": 1 });
  expect(Object.values(requests).reduce((sum, count) => sum + count)).toBeLessThanOrEqual(1.1 * namespaces);
  await story.untilIdle();
  await expectServed(story, "prod-1/team-7");
});

test("with rights to named Secrets alone each is read back by itself, and none is listed", async () => {
  const story = await given({
    clusters: 1,
    namespaces: few,
    configured: (configuration) => ({
      ...configuration,
      clusters: Object.fromEntries(
        Object.entries(configuration.clusters).map(([name, cluster]) => [name, { ...cluster, rights: "named" }]),
      ),
    }),
  });
  await story.untilIdle();
  const requests = await counted(story, () => story.tick({ type: "rotate" }));
  expect(requests).toEqual({ "namespace.list": 1, "secret.get": 2 * few, "secret.apply": few });
});

test("namespaces that targets name are not looked for where their Secret was listed", async () => {
  const names = Array.from({ length: few }, (_, n) => `team-${n + 1}`);
  const story = await given({
    clusters: 1,
    namespaces: few,
    configured: (configuration) => {
      const [[name, credential] = ["", null]] = Object.entries(configuration.credentials);
      const targets = credential?.targets.map((target) => ({ ...target, namespaces: { names } }));
      return { ...configuration, credentials: { [name]: { ...credential, targets } } };
    },
  });
  await story.untilIdle();
  expect(await counted(story, () => story.tick())).toEqual({ "secret.list": 1 });
  for (const name of ["team-1", "team-2"]) clusterOf(story, "prod-1").deleteSecret(name, pullSecretName);
  const two = { "namespace.get": 2, "secret.get": 3, "secret.apply": 4 };
  expect(await counted(story, () => story.tick())).toEqual({ "secret.list": 2, ...two });
});
