import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import type { ContractCase } from "./contract-case.ts";

export interface AwsRuleHarness {
  readonly client: SecretsManagerClient;
  close(): Promise<void>;
}

const idOf = (letter: string): string => letter.repeat(32);

/** A secret with version `a` current, and the short ways to talk about it. */
async function secretWithA({ client }: AwsRuleHarness, SecretId: string) {
  await client.send(new CreateSecretCommand({ Name: SecretId, SecretString: "a", ClientRequestToken: idOf("a") }));
  return {
    put: (letter: string, labels: string[], text = letter) =>
      client.send(
        new PutSecretValueCommand({
          SecretId,
          SecretString: text,
          ClientRequestToken: idOf(letter),
          VersionStages: labels,
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
    rotate: (letter: string, more: object = {}) =>
      client.send(new RotateSecretCommand({ SecretId, ClientRequestToken: idOf(letter), ...more })),
    stages: async () => (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {},
  };
}

const refused = (promise: Promise<unknown>, name: string) => expect(promise).rejects.toMatchObject({ name });
const lambda = { RotationLambdaARN: "arn:aws:lambda:eu-central-1:000000000000:function:rotate" };

/** Rules of Secrets Manager that can be asked of any server; the citation of each stands in its title. */
export const awsRuleCases: readonly ContractCase<AwsRuleHarness>[] = [
  {
    title: "a used token with another value is refused on AWSPENDING [API reference, PutSecretValue]",
    async run(harness, name) {
      const { put } = await secretWithA(harness, name);
      await put("b", ["AWSPENDING"]);
      await refused(put("b", ["AWSPENDING"], "another"), "ResourceExistsException");
    },
  },
  {
    title: "a used token with another value is refused on a label of one's own [API reference, PutSecretValue]",
    async run(harness, name) {
      const { put } = await secretWithA(harness, name);
      await put("b", ["mine"]);
      await refused(put("b", ["mine"], "another"), "ResourceExistsException");
    },
  },
  {
    title: "a label that is elsewhere moves only from its holder [API reference, UpdateSecretVersionStage]",
    async run(harness, name) {
      const { put, move } = await secretWithA(harness, name);
      await put("b", ["mine"]);
      await put("c", ["yours"]);
      await refused(move("mine", "c"), "InvalidParameterException");
    },
  },
  {
    title: "AWSCURRENT moves only from where it is, AWSPREVIOUS follows [API reference, UpdateSecretVersionStage]",
    async run(harness, name) {
      const { put, move, stages } = await secretWithA(harness, name);
      await put("b", ["mine"]);
      await refused(move("AWSCURRENT", "b"), "InvalidParameterException");
      await refused(move("AWSCURRENT", "b", "b"), "InvalidParameterException");
      await move("AWSCURRENT", "b", "a");
      expect((await stages())[idOf("a")]).toEqual(["AWSPREVIOUS"]);
    },
  },
  {
    title: "AWSCURRENT cannot be taken away [API reference, UpdateSecretVersionStage]",
    async run(harness, name) {
      const { move } = await secretWithA(harness, name);
      await refused(move("AWSCURRENT", undefined, "a"), "InvalidParameterException");
    },
  },
  {
    title: "versions without a label are listed on request alone [API reference, ListSecretVersionIds]",
    async run(harness, name) {
      const { put } = await secretWithA(harness, name);
      await put("b", ["mine"]);
      await put("c", ["mine"]);
      const reply = await harness.client.send(new ListSecretVersionIdsCommand({ SecretId: name }));
      expect(reply.Versions?.map(({ VersionId }) => VersionId).sort()).toEqual([idOf("a"), idOf("c")]);
    },
  },
  {
    title: "a description has labelled versions alone [API reference, DescribeSecret]",
    async run(harness, name) {
      const { put, stages } = await secretWithA(harness, name);
      await put("b", ["mine"]);
      await put("c", ["mine"]);
      expect(await stages()).toEqual({ [idOf("a")]: ["AWSCURRENT"], [idOf("c")]: ["mine"] });
    },
  },
  {
    title: "a value of 65,537 bytes is refused [user guide, quotas]",
    async run(harness, name) {
      const { put } = await secretWithA(harness, name);
      await put("b", ["mine"], "x".repeat(65_536));
      await refused(put("c", ["mine"], "x".repeat(65_537)), "InvalidParameterException");
    },
  },
  {
    title: "an empty value and a token of 31 characters are refused [API reference, PutSecretValue]",
    async run(harness, name) {
      const { put } = await secretWithA(harness, name);
      await expect(put("b", ["mine"], "")).rejects.toThrow();
      const short = { SecretId: name, SecretString: "x", ClientRequestToken: "x".repeat(31) };
      await refused(harness.client.send(new PutSecretValueCommand(short)), "InvalidParameterException");
    },
  },
  {
    title: "the same token and value create one secret, another value none [API reference, CreateSecret]",
    async run(harness, name) {
      await secretWithA(harness, name);
      const again = (SecretString: string) =>
        harness.client.send(new CreateSecretCommand({ Name: name, SecretString, ClientRequestToken: idOf("a") }));
      expect((await again("a")).VersionId).toBe(idOf("a"));
      await refused(again("b"), "ResourceExistsException");
    },
  },
  {
    title: "a version and a label that do not belong together are refused [API reference, GetSecretValue]",
    async run(harness, name) {
      const { put } = await secretWithA(harness, name);
      await put("b", ["mine"]);
      const which = { SecretId: name, VersionId: idOf("a"), VersionStage: "mine" };
      await refused(harness.client.send(new GetSecretValueCommand(which)), "InvalidRequestException");
    },
  },
  {
    title: "a deleted secret is kept at least seven days, and not read [API reference, DeleteSecret]",
    async run(harness, name) {
      await secretWithA(harness, name);
      const remove = (RecoveryWindowInDays: number) =>
        harness.client.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays }));
      await expect(remove(3)).rejects.toThrow();
      await remove(7);
      await refused(harness.client.send(new GetSecretValueCommand({ SecretId: name })), "InvalidRequestException");
    },
  },
  {
    title: "no rotation without a function [API reference, RotateSecret]",
    async run(harness, name) {
      const { rotate } = await secretWithA(harness, name);
      await refused(rotate("b"), "InvalidRequestException");
    },
  },
  {
    title: "AWSPENDING on a version that is not current is a lock [API reference, RotateSecret]",
    async run(harness, name) {
      const { put, rotate, stages } = await secretWithA(harness, name);
      await put("b", ["AWSPENDING"]);
      await refused(rotate("c", lambda), "InvalidRequestException");
      expect((await stages())[idOf("b")]).toEqual(["AWSPENDING"]);
    },
  },
  {
    title: "a schedule has at least four hours [API reference, RotationRulesType]",
    async run(harness, name) {
      const { rotate } = await secretWithA(harness, name);
      const RotationRules = { ScheduleExpression: "rate(1 hour)" };
      await refused(rotate("b", { ...lambda, RotationRules }), "InvalidParameterException");
    },
  },
];
