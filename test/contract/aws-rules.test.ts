import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect } from "vitest";
import { documentedAwsRates } from "../../functions/sandbox/aws/quotas.ts";
import { type AwsHarness, sdkClient, startAwsHarness } from "./aws-fixtures.ts";
import { awsRuleCases } from "./aws-rule-cases.ts";
import { describeContract } from "./contract-case.ts";
import { rule } from "./rule.ts";
import { flipRequest, flipThrough, stageEpoch } from "./secret-store-fixtures.ts";

const SecretId = "app";
const lambda = "arn:aws:lambda:eu-central-1:000000000000:function:rotate";
const idOf = (letter: string): string => letter.repeat(32);

describeContract("rules of Secrets Manager: the sandbox", awsRuleCases, async () => {
  const harness = await startAwsHarness();
  return { client: sdkClient(harness), close: harness.close };
});

let it: AwsHarness;
let client: SecretsManagerClient;

beforeEach(async () => {
  it = await startAwsHarness(documentedAwsRates);
  client = sdkClient(it);
});
afterEach(() => it.close());

const create = () =>
  client.send(new CreateSecretCommand({ Name: SecretId, SecretString: "a", ClientRequestToken: idOf("a") }));
const put = (letter: string, labels?: string[]) => {
  const input = { SecretId, SecretString: letter, ClientRequestToken: idOf(letter) };
  return client.send(new PutSecretValueCommand(labels === undefined ? input : { ...input, VersionStages: labels }));
};
const rotate = (letter: string, more: object = { RotationLambdaARN: lambda }) =>
  client.send(new RotateSecretCommand({ SecretId, ClientRequestToken: idOf(letter), ...more }));
const labels = () =>
  Object.fromEntries((it.aws.secret(SecretId) ?? []).map(({ versionId, stages }) => [versionId[0], [...stages]]));

describe("Secrets Manager's own rotation", () => {
  rule("AWSPENDING on a version that is not current is a lock", "API reference, RotateSecret", async () => {
    await create();
    await expect(rotate("b", {})).rejects.toMatchObject({ name: "InvalidRequestException" });
    expect((await rotate("b")).VersionId).toBe(idOf("b"));
    await expect(rotate("c")).rejects.toMatchObject({ name: "InvalidRequestException" });
    expect(labels()).toEqual({ a: ["AWSCURRENT"], b: ["AWSPENDING"] });
    // The same request again is the same request.
    expect((await rotate("b")).VersionId).toBe(idOf("b"));
  });

  rule(
    "the pending version is empty until it is filled, once",
    "API reference, RotateSecret, PutSecretValue",
    async () => {
      await create();
      await rotate("b");
      const read = () => client.send(new GetSecretValueCommand({ SecretId, VersionStage: "AWSPENDING" }));
      await expect(read()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      await put("b", ["AWSPENDING"]);
      expect((await read()).SecretString).toBe("b");
      const again = { SecretId, SecretString: "x", ClientRequestToken: idOf("b"), VersionStages: ["AWSPENDING"] };
      await expect(client.send(new PutSecretValueCommand(again))).rejects.toMatchObject({
        name: "ResourceExistsException",
      });
    },
  );

  rule(
    "a schedule has at least four hours, and cancelling it leaves AWSPENDING",
    "API reference, RotationRulesType, CancelRotateSecret",
    async () => {
      await create();
      const every = (ScheduleExpression: string) => ({
        RotationLambdaARN: lambda,
        RotationRules: { ScheduleExpression },
      });
      for (const rate of ["rate(1 hour)", "rate(3 hours)", "often"]) {
        await expect(rotate("b", every(rate))).rejects.toMatchObject({ name: "InvalidParameterException" });
      }
      await rotate("b", every("rate(4 hours)"));
      expect((await client.send(new DescribeSecretCommand({ SecretId }))).RotationEnabled).toBe(true);
      await client.send(new CancelRotateSecretCommand({ SecretId }));
      expect((await client.send(new DescribeSecretCommand({ SecretId }))).RotationEnabled).toBe(false);
      expect(labels()).toEqual({ a: ["AWSCURRENT"], b: ["AWSPENDING"] });
    },
  );

  rule(
    "our driver neither needs AWSPENDING nor takes it from a rotation under way",
    "rotation.md, stores",
    async () => {
      const [first = ""] = await flipThrough(it.store, SecretId, 1);
      await rotate("b");
      const { versionId } = await stageEpoch(it.store, SecretId, 2);
      await it.store.flip(SecretId, flipRequest(SecretId, 2, { replaces: first, stagedVersionId: versionId }));
      expect((await it.store.readCurrent(SecretId))?.versionId).toBe(versionId);
      expect(labels()).toMatchObject({ b: ["AWSPENDING"] });
    },
  );
});

describe("consistency and rates", () => {
  rule(
    "with stale reads switched on, every read answers from before the last write, writes do not",
    "user guide, troubleshooting: eventual consistency",
    async () => {
      await create();
      await put("b");
      const stale = it.faults.set({ part: "aws", action: { type: "stale" } });
      expect((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe("a");
      const listed = await client.send(new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true }));
      expect(listed.Versions?.map(({ VersionId }) => VersionId)).toEqual([idOf("a")]);
      await put("c");
      expect(labels()).toMatchObject({ c: ["AWSCURRENT"], b: ["AWSPREVIOUS"] });
      stale.remove();
      expect((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe("c");
    },
  );

  rule(
    "51 writes in a second are throttled with 400, puts and label moves counted together",
    "user guide, quotas",
    async () => {
      await create();
      for (let count = 0; count < 50; count += 1) await put("a", ["AWSCURRENT"]);
      await expect(put("a")).rejects.toMatchObject({
        name: "ThrottlingException",
        $metadata: { httpStatusCode: 400 },
      });
      expect((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe("a");
      it.advance(1000);
      await put("a");
    },
  );
});
