import { expect, test } from "vitest";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { clusterOf, expectNamed, expectServed, livingRobots } from "./expectations.ts";
import { type Configuration, given, type Story } from "./story.ts";

const key = ".dockerconfigjson";
const neighbour = {
  username: "ci",
  password: "kept-as-it-is",
  auth: Buffer.from("ci:kept-as-it-is").toString("base64"),
};

function adopting({ credentials, ...rest }: Configuration) {
  const credential = credentials["platform-pull"];
  const targets = credential.targets.map((target) => ({ ...target, adopt: true }));
  return { ...rest, credentials: { "platform-pull": { ...credential, targets } } };
}

/** Argo CD keeps a Secret of this name in its way. */
function byArgo(story: Story, rest: { readonly immutable?: boolean; readonly type?: string } = {}) {
  const text = JSON.stringify({ auths: { "ghcr.io": neighbour } });
  const outside = { manager: "argocd-controller", labels: { team: "a" }, ...rest };
  clusterOf(story, "prod-1").putSecret("team-1", pullSecretName, { [key]: text }, outside);
}

const stored = (story: Story) => {
  const secret = clusterOf(story, "prod-1").secret("team-1", pullSecretName);
  if (secret === null) throw new Error("the Secret is gone");
  return secret;
};
const auths = (story: Story) => JSON.parse(stored(story).data[key] ?? "{}").auths;

test("a Secret that another manager owns is taken over in place, its other registries' entries with it", async () => {
  const story = await given({ clusters: 1, namespaces: 2 });
  byArgo(story);
  const before = stored(story);
  expectNamed(await story.untilIdle(), "target-foreign", "it is written by argocd-controller");
  expect(stored(story).resourceVersion).toBe(before.resourceVersion);

  await story.configure(adopting);
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1", "prod-1/team-2");
  expect(stored(story).uid).toBe(before.uid);
  expect(stored(story).labels).toMatchObject({ team: "a", "capstan.dev/installation": "sandbox" });
  expect(auths(story)["ghcr.io"]).toEqual(neighbour);

  await story.untilIdle({ type: "rotate" });
  await expectServed(story, "prod-1/team-1", "prod-1/team-2");
  expect(stored(story).uid).toBe(before.uid);
  expect(livingRobots(story)).toHaveLength(1);
});

test("taken back by its old owner, an adopted Secret is adopted again by the next tick", async () => {
  const story = await given({ clusters: 1, namespaces: 1, configured: adopting });
  byArgo(story);
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1");
  byArgo(story);
  await story.tick();
  await expectServed(story, "prod-1/team-1");
  expect(auths(story)["ghcr.io"]).toEqual(neighbour);
});

test.each([
  { immutable: true, why: "it is immutable" },
  { type: "Opaque", why: "its type is Opaque" },
])("adopting is no way past %j", async ({ why, ...rest }) => {
  const story = await given({ clusters: 1, namespaces: 2, configured: adopting });
  byArgo(story, rest);
  const before = stored(story);
  expectNamed(await story.untilIdle(), "target-foreign", why);
  expect(stored(story)).toEqual(before);
  await expectServed(story, "prod-1/team-2");
});
