import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect } from "vitest";
import { type AwsHarness, sdkClient, startAwsHarness } from "./aws-fixtures.ts";
import { rule } from "./rule.ts";

let harness: AwsHarness;
let client: SecretsManagerClient;
let names = 0;

beforeAll(async () => {
  harness = await startAwsHarness();
  client = sdkClient(harness);
});
afterAll(() => harness.close());

const idOf = (letter: string): string => letter.repeat(32);

/** A secret with version `a` current, and the short ways to talk about it. */
async function secretWithA() {
  names += 1;
  const SecretId = `rules-${names}`;
  await client.send(new CreateSecretCommand({ Name: SecretId, SecretString: "a", ClientRequestToken: idOf("a") }));
  return {
    SecretId,
    put: (letter: string, labels?: string[], text = letter) =>
      client.send(
        new PutSecretValueCommand({
          SecretId,
          SecretString: text,
          ClientRequestToken: idOf(letter),
          ...(labels ? { VersionStages: labels } : {}),
        }),
      ),
    move: (VersionStage: string, to?: string, from?: string) =>
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage,
          MoveToVersionId: to && idOf(to),
          RemoveFromVersionId: from && idOf(from),
        }),
      ),
    labels: () =>
      Object.fromEntries(
        (harness.aws.secret(SecretId) ?? []).map((version) => [version.versionId[0], [...version.stages].sort()]),
      ),
  };
}

async function refused(promise: Promise<unknown>, name: string): Promise<void> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  expect((error as { message: string }).message.length).toBeGreaterThan(10);
}

rule(
  "a token used again is a no-op with the same value and refused with another, on every label",
  "API reference, PutSecretValue, ClientRequestToken",
  async () => {
    const { put, labels } = await secretWithA();
    await put("b", ["AWSPENDING"]);
    expect((await put("b", ["AWSPENDING"])).VersionStages).toEqual(["AWSPENDING"]);
    await put("b");
    expect(labels()).toEqual({ a: ["AWSCURRENT"], b: ["AWSPENDING"] });
    for (const stage of [["AWSPENDING"], ["mine"], undefined]) {
      await refused(put("b", stage, "another"), "ResourceExistsException");
    }
    await refused(put("b".repeat(1), ["mine"], ""), "InvalidRequestException");
  },
);

rule(
  "CreateSecret again: the same token and value is a no-op, anything else exists",
  "API reference, CreateSecret, ClientRequestToken",
  async () => {
    const { SecretId } = await secretWithA();
    const again = (SecretString: string, letter: string) =>
      client.send(new CreateSecretCommand({ Name: SecretId, SecretString, ClientRequestToken: idOf(letter) }));
    expect((await again("a", "a")).VersionId).toBe(idOf("a"));
    await refused(again("b", "a"), "ResourceExistsException");
    await refused(again("a", "b"), "ResourceExistsException");
  },
);

rule(
  "AWSCURRENT moves only from where it is; AWSPREVIOUS follows, back too",
  "API reference, UpdateSecretVersionStage",
  async () => {
    const { put, move, labels } = await secretWithA();
    await put("b", ["mine"]);
    await refused(move("AWSCURRENT", "b"), "InvalidParameterException");
    await refused(move("AWSCURRENT", "b", "b"), "InvalidParameterException");
    await refused(move("AWSCURRENT", undefined, "a"), "InvalidParameterException");
    await refused(move("AWSCURRENT", "c", "a"), "ResourceNotFoundException");
    await refused(move("AWSCURRENT"), "InvalidParameterException");
    await move("AWSCURRENT", "b", "a");
    expect(labels()).toEqual({ a: ["AWSPREVIOUS"], b: ["AWSCURRENT", "mine"] });
    await refused(move("AWSCURRENT", "b", "a"), "InvalidParameterException");
    await move("AWSCURRENT", "a", "b");
    expect(labels()).toEqual({ a: ["AWSCURRENT"], b: ["AWSPREVIOUS", "mine"] });
  },
);

rule(
  "any label belongs to one version: a put takes it, a move must name its holder",
  "API reference, UpdateSecretVersionStage",
  async () => {
    const { put, move, labels } = await secretWithA();
    await put("b", ["mine"]);
    await put("c", ["mine", "yours"]);
    expect(labels()).toEqual({ a: ["AWSCURRENT"], b: [], c: ["mine", "yours"] });
    await refused(move("mine", "b"), "InvalidParameterException");
    await refused(move("mine", "b", "a"), "InvalidParameterException");
    await move("mine", "b", "c");
    await move("yours", undefined, "c");
    expect(labels()).toEqual({ a: ["AWSCURRENT"], b: ["mine"], c: [] });
    await refused(move("yours", undefined, "c"), "InvalidParameterException");
  },
);

rule(
  "a put without labels moves AWSCURRENT, and the first version is current whatever it asks for",
  "API reference, PutSecretValue, VersionStages",
  async () => {
    const { SecretId, put, labels } = await secretWithA();
    await put("b");
    expect(labels()).toEqual({ a: ["AWSPREVIOUS"], b: ["AWSCURRENT"] });
    const Name = `${SecretId}-empty`;
    await client.send(new CreateSecretCommand({ Name, ClientRequestToken: idOf("a") }));
    const first = { SecretId: Name, SecretString: "x", ClientRequestToken: idOf("x"), VersionStages: ["mine"] };
    const reply = await client.send(new PutSecretValueCommand(first));
    expect(reply.VersionStages?.toSorted()).toEqual(["AWSCURRENT", "mine"]);
  },
);

rule(
  "limits: 20 labels over all versions, 65,536 bytes, tokens of 32 to 64 characters",
  "user guide, quotas",
  async () => {
    const { SecretId, put } = await secretWithA();
    await put(
      "b",
      Array.from({ length: 19 }, (_, index) => `label-${index}`),
    );
    await refused(put("c", ["one-more"]), "LimitExceededException");
    await put("c", ["label-0"]);
    await put("d", ["label-1"], "é".repeat(32_768));
    await refused(put("e", ["label-2"], `${"é".repeat(32_768)}x`), "InvalidParameterException");
    const short = { SecretId, SecretString: "x", ClientRequestToken: "x".repeat(31) };
    await refused(client.send(new PutSecretValueCommand(short)), "InvalidParameterException");
  },
);

rule(
  "reads: by id, by label, by both; deprecated versions by id and on request alone",
  "API reference, GetSecretValue, ListSecretVersionIds",
  async () => {
    const { SecretId, put } = await secretWithA();
    await put("b", ["mine"]);
    await put("c", ["mine"]);
    const read = (which: object) => client.send(new GetSecretValueCommand({ SecretId, ...which }));
    expect((await read({})).SecretString).toBe("a");
    expect((await read({ VersionStage: "mine" })).SecretString).toBe("c");
    expect(await read({ VersionId: idOf("b") })).toMatchObject({ SecretString: "b", VersionStages: [] });
    await refused(read({ VersionId: idOf("a"), VersionStage: "mine" }), "InvalidRequestException");
    await refused(read({ VersionId: idOf("z") }), "ResourceNotFoundException");
    await refused(read({ VersionStage: "nobody's" }), "ResourceNotFoundException");
    const list = async (input: object) =>
      (await client.send(new ListSecretVersionIdsCommand({ SecretId, ...input }))).Versions?.map(
        (one) => one.VersionId,
      );
    expect(await list({})).toEqual([idOf("a"), idOf("c")]);
    expect(await list({ IncludeDeprecated: true })).toEqual([idOf("a"), idOf("b"), idOf("c")]);
    const page = await client.send(new ListSecretVersionIdsCommand({ SecretId, MaxResults: 1 }));
    expect(await list({ MaxResults: 1, NextToken: page.NextToken })).toEqual([idOf("c")]);
    const described = await client.send(new DescribeSecretCommand({ SecretId }));
    expect(described.VersionIdsToStages).toEqual({ [idOf("a")]: ["AWSCURRENT"], [idOf("c")]: ["mine"] });
    expect((await client.send(new GetSecretValueCommand({ SecretId: described.ARN }))).SecretString).toBe("a");
  },
);

rule("a deleted secret keeps its name until it is gone", "API reference, DeleteSecret", async () => {
  const { SecretId, put } = await secretWithA();
  const remove = (input: object) => client.send(new DeleteSecretCommand({ SecretId, ...input }));
  await refused(remove({ RecoveryWindowInDays: 3 }), "InvalidParameterException");
  await remove({ RecoveryWindowInDays: 7 });
  await refused(put("b"), "InvalidRequestException");
  await refused(client.send(new GetSecretValueCommand({ SecretId })), "InvalidRequestException");
  const create = new CreateSecretCommand({ Name: SecretId, SecretString: "x", ClientRequestToken: idOf("x") });
  await refused(client.send(create), "InvalidRequestException");
  expect((await client.send(new DescribeSecretCommand({ SecretId }))).DeletedDate).toBeInstanceOf(Date);
});

rule(
  "deprecated versions beyond a hundred go when they are a day old, not before",
  "API reference, PutSecretValue; user guide, quotas",
  async () => {
    const { SecretId } = await secretWithA();
    const put = (index: number) => {
      const ClientRequestToken = `version-${index}`.padEnd(32, "-");
      return client.send(new PutSecretValueCommand({ SecretId, SecretString: `v${index}`, ClientRequestToken }));
    };
    for (let index = 0; index < 110; index += 1) await put(index);
    expect(harness.aws.secret(SecretId)).toHaveLength(111);
    harness.advance(86_400_000);
    await put(110);
    expect(harness.aws.secret(SecretId)).toHaveLength(100);
    expect(harness.aws.secret(SecretId)?.filter((one) => one.stages.length > 0)).toHaveLength(2);
  },
);

rule(
  "requests without a signature, with a changed body or for an unknown operation are refused",
  "general reference, Signature Version 4",
  async () => {
    const send = async (headers: Record<string, string>) => {
      const reply = await fetch(harness.aws.url, { method: "POST", headers, body: "{}" });
      return {
        status: reply.status,
        requestId: reply.headers.has("x-amzn-requestid"),
        ...((await reply.json()) as object),
      };
    };
    const target = { "x-amz-target": "secretsmanager.GetSecretValue" };
    expect(await send(target)).toMatchObject({
      status: 400,
      requestId: true,
      __type: "MissingAuthenticationTokenException",
    });
    expect(await send({ "x-amz-target": "secretsmanager.Nonsense" })).toMatchObject({
      status: 400,
      __type: "UnknownOperationException",
    });
    const tampering = sdkClient(harness);
    tampering.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: unknown }).body = '{"SecretId":"rules-1"}';
        delete (args.request as { headers: Record<string, string> }).headers["content-length"];
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    await refused(tampering.send(new GetSecretValueCommand({ SecretId: "other" })), "InvalidSignatureException");
  },
);
