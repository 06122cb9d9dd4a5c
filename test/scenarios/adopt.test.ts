import { expect, test } from "vitest";
import { lookAtHome } from "../../core/app/inspect.ts";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { clusterOf, expectNamed, expectServed, livingRobots, usernameIn, watch } from "./expectations.ts";
import { type Configuration, given, hourMs, minuteMs, type Story } from "./story.ts";

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

test("taken back by its old owner, an adopted Secret is adopted again by the next tick; again and again, after pauses", async () => {
  const story = await given({ clusters: 1, namespaces: 1, configured: adopting });
  byArgo(story);
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1");
  byArgo(story);
  await story.tick();
  await expectServed(story, "prod-1/team-1");
  expect(auths(story)["ghcr.io"]).toEqual(neighbour);

  const applies = watch(story, "kubernetes secret.apply");
  byArgo(story);
  await story.tick();
  story.passes(9 * minuteMs);
  expectNamed(
    await story.tick(),
    "target-contested",
    "prod-1/team-1/platform-pull: contested: taken back 2 times by argocd-controller \\(Argo CD\\); written again in 1 minutes",
  );
  expect([applies, usernameIn(story, "prod-1", "team-1")]).toEqual([[], null]);
  // It holds no login of ours: a rotation goes through without it, and is not written there either.
  await story.untilIdle({ type: "rotate" });
  expect(livingRobots(story)).toHaveLength(1);
  story.passes(hourMs);
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1");
  expect(applies).toHaveLength(1);
});

const hand = "robot$web.pull";

/** Somebody made a robot years ago, put it into a Secret, and pulls with it. */
async function madeByHand(story: Story) {
  const { endpoint, admin, host, repository } = story.sandbox.describe().harbor;
  const login = Buffer.from(`${admin.username}:${admin.password.reveal()}`).toString("base64");
  const access = ["push", "pull"].map((action) => ({ resource: "repository", action }));
  const made = await fetch(`${endpoint}/api/v2.0/robots`, {
    method: "POST",
    headers: { authorization: `Basic ${login}`, "content-type": "application/json" },
    body: JSON.stringify({
      name: "web.pull",
      level: "system",
      duration: -1,
      permissions: [{ kind: "project", namespace: "apps", access }],
    }),
  });
  const { name, secret } = (await made.json()) as { name: string; secret: string };
  const auth = Buffer.from(`${name}:${secret}`).toString("base64");
  const text = JSON.stringify({ auths: { [host]: { auth }, "ghcr.io": neighbour } });
  clusterOf(story, "prod-1").putSecret("team-1", pullSecretName, { [key]: text });
  const image = `${endpoint}/v2/${repository}/manifests/1`;
  return async () => (await fetch(image, { headers: { authorization: `Basic ${auth}` } })).status;
}

const inPlaceOf =
  (adopts: string, ...actions: string[]) =>
  (configuration: Configuration) => {
    const access = actions.map((action) => ({ resource: "repository", action }));
    const robot = { permissions: [{ namespace: "apps", access }], adopts };
    const { credentials, ...rest } = adopting(configuration);
    return { ...rest, credentials: { "platform-pull": { ...credentials["platform-pull"], robot } } };
  };

async function told(story: Story): Promise<readonly string[]> {
  const { tools } = story;
  const inputs = {
    nowMs: Date.now(),
    entropy: tools.entropy,
    owner: tools.owners.next,
    deadlineMs: Date.now() + 60_000,
  };
  const { problems } = await lookAtHome(tools, "platform-pull", inputs);
  return problems.map(({ code, text }) => `${code}: ${text}`);
}

test("a hand-made robot's Secret and rights are taken over; it is named while it lives, and never deleted", async () => {
  const story = await given({ clusters: 1, namespaces: 1 });
  const pullByHand = await madeByHand(story);
  const before = stored(story);
  await story.configure(inPlaceOf(hand, "pull"));
  expect(await told(story)).toEqual([
    `adopted-rights-differ: the first generation would have other rights than ${hand}, less: repository:push on project apps: copy them into robot.permissions unless you mean it`,
  ]);
  await story.configure(inPlaceOf(hand, "pull", "push"));
  expect(await told(story)).toEqual([]);

  await story.untilIdle();
  await expectServed(story, "prod-1/team-1");
  expect([stored(story).uid, auths(story)["ghcr.io"]]).toEqual([before.uid, neighbour]);
  story.passes(60_000);
  expect(await pullByHand()).toBe(200);
  expect(await told(story)).toEqual([
    expect.stringMatching(
      /^adopted-alive: robot\$web\.pull, .* is still alive \(never expires, last pulled with at 20/,
    ),
  ]);
  await story.untilIdle({ type: "rotate" });
  expect(await pullByHand()).toBe(200);
  expect(stored(story).uid).toBe(before.uid);
  expect(livingRobots(story)).toHaveLength(1);

  await story.configure(inPlaceOf("robot$nobody", "pull", "push"));
  expect(await told(story)).toEqual([expect.stringMatching(/^adopted-gone: robot\$nobody, /)]);
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
