import { expect, test } from "vitest";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { clusterOf, expectNamed, expectServed, livingRobots, pull, usernameIn, watch } from "./expectations.ts";
import { type Configuration, given, hourMs, problemsIn, type Story } from "./story.ts";

// External Secrets writes the Secrets of prod-2; here its controller is played by hand.

function byExternalSecrets({ credentials, ...rest }: Configuration): object {
  const [credential] = Object.values(credentials);
  const [target] = credential?.targets ?? [];
  const targets = [
    { ...target, clusters: ["prod-1", "prod-3"] },
    { ...target, clusters: ["prod-2"], by: "external-secrets" },
  ];
  return { ...rest, credentials: { "platform-pull": { ...credential, targets } } };
}

const spec = { refreshInterval: "15m" };
const ready = (status: "True" | "False", reason: string) => [{ type: "Ready", status, reason }];

/** One refresh: what readers of the site's store get, into the Secret, and its own account of it. */
async function refresh(story: Story): Promise<void> {
  const current = await story.tools.ports.stores["azure"]?.readCurrent("capstan-platform-pull");
  const { dockerconfigjson } = JSON.parse(current?.value.reveal() ?? "{}") as { readonly dockerconfigjson: string };
  const prod2 = clusterOf(story, "prod-2");
  const labels = { "reconcile.external-secrets.io/managed": "true" };
  const manager = "externalsecrets.external-secrets.io/platform-pull";
  prod2.putSecret("team-1", pullSecretName, { ".dockerconfigjson": dockerconfigjson }, { labels, manager });
  account(story, { conditions: ready("True", "SecretSynced") });
}

function account(story: Story, more: object): void {
  const refreshTime = `${new Date().toISOString().slice(0, 19)}Z`;
  const status = { refreshTime, syncedResourceVersion: "1-0a1b2c", ...more };
  clusterOf(story, "prod-2").putExternalSecret("team-1", pullSecretName, { spec, status });
}

test("a Secret that External Secrets writes is only read: it holds back a retirement until it is current, and says why", async () => {
  const story = await given({ clusters: 3, namespaces: 1 });
  await story.configure(byExternalSecrets);
  await story.tick();
  await story.tick();
  expectNamed(
    await story.tick(),
    "target-unserved",
    "prod-2/team-1/platform-pull: not-synced: .*there is no ExternalSecret",
  );

  clusterOf(story, "prod-2").installExternalSecrets();
  await refresh(story);
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1", "prod-2/team-1", "prod-3/team-1");
  const [first] = livingRobots(story);

  const applies = watch(story, "kubernetes secret.apply");
  await story.tick({ type: "rotate" });
  for (let ticks = 0; ticks < 6; ticks += 1) {
    story.passes(hourMs);
    await story.tick();
  }
  await expectServed(story, "prod-1/team-1", "prod-3/team-1");
  const late = await story.tick();
  expectNamed(
    late,
    "target-unserved",
    "not-synced: by External Secrets: not refreshed since, last refreshed .*, every 15m",
  );
  expect(problemsIn(late).filter((text) => text.startsWith("target-foreign"))).toEqual([]);
  expect(livingRobots(story)).toHaveLength(2);
  expect(usernameIn(story, "prod-2", "team-1")).toBe(first);
  expect(await pull(story, "prod-2", "team-1")).toBe(first);

  account(story, { conditions: ready("False", "SecretSyncedError") });
  expectNamed(await story.tick(), "target-unserved", "it fails \\(SecretSyncedError\\), last refreshed");
  await refresh(story);
  await story.untilIdle();
  await expectServed(story, "prod-2/team-1");
  expect(livingRobots(story)).not.toContain(first);
  // Two Secrets of ours were written, the third never.
  expect(applies).toHaveLength(2);
});
