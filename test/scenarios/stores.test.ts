import { PutSecretValueCommand, RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { lookHome } from "../../functions/cli/look.ts";
import { expectNamed, expectServed, inStores, livingRobots, watch } from "./expectations.ts";
import { type Configuration, given, type Story } from "./story.ts";

const name = "capstan-platform-pull";

/** Somebody writes the value in AWS with the SDK. */
async function writeInAws(story: Story, text: string): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey } = story.sandbox.describe().aws;
  const credentials = { accessKeyId, secretAccessKey: secretAccessKey.reveal() };
  const client = new SecretsManagerClient({ endpoint, region, credentials });
  await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text }));
}

/** Somebody writes the value in Key Vault over REST. */
async function writeInAzure(story: Story, text: string): Promise<void> {
  const { vaultUrl } = story.sandbox.describe().azure;
  const token = story.sandbox.azure.issueToken("https://vault.azure.net");
  const reply = await fetch(`${vaultUrl}/secrets/${name}?api-version=7.5`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ value: text }),
  });
  expect(reply.status).toBe(200);
}

test.each([
  ["aws", writeInAws],
  ["azure", writeInAzure],
] as const)(
  "what somebody else writes in the store of %s is named and replaced, and handed to nobody",
  async (site, write) => {
    const story = await given({ clusters: 2, namespaces: 1 });
    await story.untilIdle();
    await write(story, "somebody else's");
    expect((await inStores(story))[site]).toBe("foreign");

    const applied = watch(story, "kubernetes secret.apply");
    expectNamed(await story.tick(), "outside-write", `somebody else wrote the value in the store of ${site}`);
    expect(await inStores(story)).toEqual({ aws: "g1 e1", azure: "g1 e1", gcp: "g1 e1" });
    expect(applied).toEqual([]);
    await expectServed(story, "prod-1/team-1", "prod-2/team-1");
    expect((await story.untilIdle()).runs.flatMap((run) => run.outcome.problems)).toEqual([]);
  },
);

test("plan says that Secrets Manager's own rotation is switched on for a secret of ours", async () => {
  const story = await given({ clusters: 1, namespaces: 1 });
  await story.untilIdle();
  const looked = async () => (await lookHome(story.tools, "platform-pull")).problems;
  expect(await looked()).toEqual([]);
  const { endpoint, region, accessKeyId, secretAccessKey } = story.sandbox.describe().aws;
  const credentials = { accessKeyId, secretAccessKey: secretAccessKey.reveal() };
  const RotationLambdaARN = "arn:aws:lambda:eu-central-1:123456789012:function:other";
  const rotation = new RotateSecretCommand({ SecretId: name, RotationLambdaARN, RotateImmediately: false });
  await new SecretsManagerClient({ endpoint, region, credentials }).send(rotation);
  const writes = watch(story);
  expect(await looked()).toEqual([
    { code: "store-notice", text: expect.stringMatching(/^site aws: .* own rotation is switched on/), blocks: false },
  ]);
  expect(writes).toEqual([]);
});

test("a value of a newer format is left alone by everybody, and the version to install is named", async () => {
  const story = await given({ clusters: 2, namespaces: 1 });
  await story.untilIdle();
  await writeInAzure(story, JSON.stringify({ v: "7", epoch: "9" }));
  const writes = watch(story, "azure secret.set", "kubernetes secret.apply", "harbor robot.create");
  expectNamed(await story.tick(), "read-value-failed", "format 7: install capstan 7.x");
  expect(writes).toEqual([]);
  await expectServed(story, "prod-1/team-1", "prod-2/team-1");
});

test("a credential without any cluster lives in the stores alone, and its old robot still goes", async () => {
  const alone = ({ credentials, ...rest }: Configuration) => ({
    ...rest,
    clusters: {},
    credentials: { "platform-pull": { ...credentials["platform-pull"], targets: [] } },
  });
  const story = await given({ clusters: 1, namespaces: 1, configured: alone });
  await story.untilIdle();
  await story.untilIdle({ type: "rotate" });
  expect(await inStores(story)).toEqual({ aws: "g2 e2", azure: "g2 e2", gcp: "g2 e2" });
  expect(livingRobots(story)).toEqual([expect.stringContaining("-g2-")]);
  expect(story.sandbox.clusters.flatMap((cluster) => [...cluster.counts])).toEqual([]);
});
