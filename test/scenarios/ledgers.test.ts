import { expect, test } from "vitest";
import { expectNamed, expectServed, inStores, livingRobots, watch } from "./expectations.ts";
import { given } from "./story.ts";

test("a restored older ledger is recognised and rebuilt; a second one within a day asks for a person", async () => {
  const story = await given({ clusters: 2, namespaces: 1 });
  await story.untilIdle();
  const backup = await story.ledgerText();
  await story.untilIdle({ type: "rotate" });

  await story.putLedger(backup);
  expectNamed(await story.tick(), "ledger-rebuilt", "is of generation 2, the ledger knows 1");
  await story.untilIdle();
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
  expect(livingRobots(story)).toHaveLength(1);

  const right = await story.ledgerText();
  await story.putLedger(backup);
  const writes = watch(story);
  for (let ticks = 0; ticks < 3; ticks += 1)
    expectNamed(await story.tick({ type: "rotate" }), "ledger-behind-again", "find out what restores it");
  expect(writes).toEqual([]);
  story.sandbox.faults.clear();

  await story.putLedger(right);
  await story.untilIdle();
  expect(livingRobots(story)).toHaveLength(1);
});

test("a ledger of a newer format is refused with the version to install, and nothing is written", async () => {
  const story = await given({ clusters: 1, namespaces: 1 });
  await story.untilIdle();
  const text = await story.ledgerText();
  await story.putLedger(JSON.stringify({ ...JSON.parse(text), format: 4 }));
  const writes = watch(story);
  const result = await story.tick({ type: "rotate" });
  expectNamed(result, "ledger-unreadable", "format 4, this version knows 2: install capstan 4.x");
  expect(result.runs[0]?.outcome.end).toBe("blocked");
  expect(writes).toEqual([]);
});

test("no canary value of any secret stands in a ledger or in a log line", async () => {
  const story = await given({ clusters: 2, namespaces: 1 });
  await story.untilIdle();
  await story.untilIdle({ type: "rotate" });
  const { aws, azure, harbor } = story.sandbox.describe();
  const secrets = [
    ...story.sandbox.harbor.secrets(),
    aws.secretAccessKey,
    azure.identityHeader,
    harbor.issuer.password,
  ];
  const keys = [
    "sandbox/platform-pull",
    ...["aws", "azure", "gcp"].map((site) => `sandbox/platform-pull@site/${site}`),
  ];
  const ledgers = await Promise.all(
    Object.values(story.tools.ports.ledgers).flatMap((store) =>
      keys.map(async (key) => (await store.load(key)).record),
    ),
  );
  const texts = [
    ...ledgers.flatMap((record) => record?.text ?? []),
    ...story.logged.map((line) => JSON.stringify(line)),
  ];
  expect(texts.length).toBeGreaterThan(100);
  for (const secret of secrets) {
    for (const shape of [secret.reveal(), Buffer.from(secret.reveal()).toString("base64")])
      expect(texts.filter((text) => text.includes(shape))).toEqual([]);
  }
  expect(Object.keys(await inStores(story))).toHaveLength(3);
});
