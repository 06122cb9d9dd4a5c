import { expect, test } from "vitest";
import { tick } from "../../core/app/tick.ts";
import { parseHomeLedger } from "../../core/engine/ledger-text.ts";
import type { Act } from "../../core/protocol/settings.ts";
import { credentialName, pullSecretName } from "../../functions/sandbox/configuration.ts";
import { clusterOf } from "./expectations.ts";
import { type Configuration, given, hourMs, minuteMs, problemsIn, type Story } from "./story.ts";

const [first, second] = [`${credentialName}-harbor`, `${credentialName}-harbor-2`];

/** Generation that is current in a credential's ledger. */
async function currentOf(story: Story, credential: string): Promise<number> {
  const loaded = await story.tools.ports.ledgers["aws"]?.load(`sandbox/${credential}`);
  return parseHomeLedger(loaded?.record?.text ?? "").current?.generation ?? 0;
}

async function tickBoth(story: Story, act: Act) {
  story.passes(1_000);
  const sites = Object.keys(story.tools.config.sites);
  return tick(story.tools, { sites, credentials: [], acts: { [first]: act, [second]: act }, deadlineMs: null });
}

/** Robot and its HTTP status for each Harbor, from the one pull Secret of a namespace. */
async function pulls(story: Story, namespace: string) {
  const [secret, ...more] = clusterOf(story, "prod-1")
    .secrets()
    .filter((one) => one.namespace === namespace && one.name === pullSecretName);
  expect(more).toEqual([]);
  const { auths } = JSON.parse(secret?.data[".dockerconfigjson"] ?? "{}") as {
    auths: Record<string, { auth: string; username: string }>;
  };
  const harbors = story.sandbox.describe().harbors;
  expect(Object.keys(auths).sort()).toEqual(harbors.map(({ host }) => host).sort());
  return Promise.all(
    harbors.map(async ({ host, endpoint, repository }) => {
      const { auth, username } = auths[host] ?? { auth: "", username: "" };
      const url = `${endpoint}/v2/${repository}/manifests/1`;
      const { status } = await fetch(url, { headers: { authorization: `Basic ${auth}` } });
      return `${username.replace(/-[0-9a-f]+$/, "")} ${status}`;
    }),
  );
}

test("one entry for two Harbors: one Secret with both, and while one is sick the other rotates to its end", async () => {
  const configured = (configuration: Configuration) => {
    const credential = { ...configuration.credentials[credentialName], sites: ["aws"] };
    return { ...configuration, credentials: { [credentialName]: credential } };
  };
  const story = await given({ clusters: 1, namespaces: 1, harbors: 2, configured });
  await story.untilIdle();
  expect(await pulls(story, "team-1")).toEqual([`robot$${first}-g1 200`, `robot$${second}-g1 200`]);

  const outage = story.sandbox.faults.set({ part: "harbor", instance: "harbor-2", action: { type: "cut-before" } });
  await tickBoth(story, { type: "rotate" });
  for (let ticks = 0; (await living(story, 0)).length > 1 || (await currentOf(story, first)) < 2; ticks += 1) {
    expect(ticks).toBeLessThan(40);
    story.passes(ticks < 3 ? minuteMs : hourMs);
    await story.tick();
  }
  const sick = problemsIn(await story.tick());
  expect(sick.join()).toContain("registry-unreadable");
  expect(await currentOf(story, second)).toBe(1);
  outage.remove();
  expect(await pulls(story, "team-1")).toEqual([`robot$${first}-g2 200`, `robot$${second}-g1 200`]);

  await story.untilIdle();
  expect(await pulls(story, "team-1")).toEqual([`robot$${first}-g2 200`, `robot$${second}-g2 200`]);
  expect([await living(story, 0), await living(story, 1)]).toEqual([
    [expect.stringContaining(`${first}-g2`)],
    [expect.stringContaining(`${second}-g2`)],
  ]);
});

async function living(story: Story, harbor: number): Promise<readonly string[]> {
  const robots = story.sandbox.harbors[harbor]?.robots() ?? [];
  return robots
    .filter(({ deletedAtMs, username }) => deletedAtMs === null && !username.includes("issuer"))
    .map(({ username }) => username);
}
