import { expect, test } from "vitest";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { clusterOf, expectServed } from "./expectations.ts";
import { given, type Story } from "./story.ts";

const namespaces = 40;

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

test("a rotation writes each Secret once, and reads each back once", async () => {
  const story = await given({ clusters: 1, namespaces });
  await story.untilIdle();
  const { "secret.get": reads, "secret.apply": writes } = await counted(story, () =>
    story.untilIdle({ type: "rotate" }),
  );
  expect({ reads, writes }).toEqual({ reads: namespaces, writes: namespaces });
});
