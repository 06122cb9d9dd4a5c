import { expect, test } from "vitest";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { clusterOf, expectNamed, expectServed } from "./expectations.ts";
import { type Configuration, given } from "./story.ts";

const linking =
  (...serviceAccounts: readonly string[]) =>
  ({ credentials, ...rest }: Configuration) => {
    const credential = credentials["platform-pull"];
    const targets = credential.targets.map((target) => ({ ...target, serviceAccounts }));
    return { ...rest, credentials: { "platform-pull": { ...credential, targets } } };
  };

test("accounts that are named get the Secret into their lists, and no others", async () => {
  const story = await given({ clusters: 1, namespaces: 2, configured: linking("default", "later") });
  const cluster = clusterOf(story, "prod-1");
  cluster.createAccount("team-1", "default", ["theirs"]);
  cluster.createAccount("team-1", "builder");
  cluster.createAccount("team-2", "default");
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1", "prod-1/team-2");
  expect(cluster.accountSecrets("team-1", "default")).toEqual(["theirs", pullSecretName]);
  expect(cluster.accountSecrets("team-2", "default")).toEqual([pullSecretName]);
  expect(cluster.accountSecrets("team-1", "builder")).toEqual([]);

  cluster.createAccount("team-1", "later");
  await story.tick();
  expect(cluster.accountSecrets("team-1", "later")).toEqual([pullSecretName]);
  await story.untilIdle({ type: "rotate" });
  expect(cluster.accountSecrets("team-1", "default")).toEqual(["theirs", pullSecretName]);
});

test("an entry of a target that left the file is taken out when its Secret is gone, those of others never", async () => {
  const story = await given({ clusters: 1, namespaces: 1, configured: linking("default") });
  const cluster = clusterOf(story, "prod-1");
  cluster.createAccount("team-1", "default", ["theirs"]);
  await story.untilIdle();
  await story.configure(({ credentials, ...rest }) => {
    const credential = credentials["platform-pull"];
    const targets = credential.targets.map((target) => ({
      ...target,
      secret: "renamed",
      serviceAccounts: ["default"],
    }));
    return { ...rest, credentials: { "platform-pull": { ...credential, targets } } };
  });
  await story.untilIdle();
  // It bears our mark and is served all the same.
  expect(cluster.accountSecrets("team-1", "default")).toEqual(["theirs", pullSecretName, "renamed"]);
  await expectServed(story, "prod-1/team-1");
  cluster.deleteSecret("team-1", pullSecretName);
  await story.tick();
  expect(cluster.accountSecrets("team-1", "default")).toEqual(["theirs", "renamed"]);
});

test("an account that cannot be written is named, and stops nothing", async () => {
  const story = await given({ clusters: 1, namespaces: 2, configured: linking("default") });
  const cluster = clusterOf(story, "prod-1");
  for (const namespace of ["team-1", "team-2"]) cluster.createAccount(namespace, "default");
  story.sandbox.faults.set({
    part: "kubernetes",
    kind: "serviceaccount.patch",
    when: ({ path }) => path.includes("team-1"),
    action: { type: "reply", status: 403, body: '{"reason":"Forbidden","message":"no"}', headers: {} },
  });
  expectNamed(await story.untilIdle(), "account-unlinked", "prod-1/team-1/default");
  await expectServed(story, "prod-1/team-1", "prod-1/team-2");
  expect(cluster.accountSecrets("team-2", "default")).toEqual([pullSecretName]);
});
