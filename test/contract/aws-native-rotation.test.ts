import {
  CancelRotateSecretCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAwsNotices } from "../../core/drivers/aws-secrets-manager/notices.ts";
import { type AwsHarness, sdkClient, startAwsHarness } from "./aws-fixtures.ts";
import { expectPortError } from "./contract-case.ts";
import { flipRequest, flipThrough, stageEpoch } from "./secret-store-fixtures.ts";

const name = "platform-pull";
const token = "rotation-of-the-service-0123456789abcdef";
const RotationLambdaARN = "arn:aws:lambda:eu-central-1:123456789012:function:other";

let harness: AwsHarness;
beforeEach(async () => {
  harness = await startAwsHarness();
});
afterEach(() => harness.close());

const holderOf = (label: string) =>
  harness.aws.secret(name)?.find(({ stages }) => stages.includes(label))?.versionId ?? null;

test("native rotation on a secret of ours is said in words that name the mend, until it is switched off", async () => {
  const client = sdkClient(harness);
  const notices = createAwsNotices(harness.access);
  expect(await notices.notices(name)).toEqual([]);
  await flipThrough(harness.store, name, 1);
  expect(await notices.notices(name)).toEqual([]);
  await client.send(new RotateSecretCommand({ SecretId: name, RotationLambdaARN, RotateImmediately: false }));
  const [text = "", ...more] = await notices.notices(name);
  expect(text).toContain("Secrets Manager's own rotation is switched on for platform-pull");
  expect(text).toContain("aws secretsmanager cancel-rotate-secret --secret-id platform-pull");
  expect(more).toEqual([]);
  await client.send(new CancelRotateSecretCommand({ SecretId: name }));
  expect(await notices.notices(name)).toEqual([]);
  harness.faults.set({ part: "aws", action: { type: "cut-before" } });
  await expectPortError(notices.notices(name), "unreachable");
});

test("AWSPENDING of a native rotation stays where it is through a whole rotation of ours", async () => {
  const [first = ""] = await flipThrough(harness.store, name, 1);
  await sdkClient(harness).send(
    new RotateSecretCommand({ SecretId: name, RotationLambdaARN, ClientRequestToken: token }),
  );
  expect(holderOf("AWSPENDING")).toBe(token);
  const { versionId } = await stageEpoch(harness.store, name, 2);
  await harness.store.flip(name, flipRequest(name, 2, { replaces: first, stagedVersionId: versionId }));
  await harness.store.discard(name, [first]);
  expect([holderOf("AWSPENDING"), holderOf("AWSCURRENT")]).toEqual([token, versionId]);
  // Even on a version of ours it is not ours to take.
  const move = { SecretId: name, VersionStage: "AWSPENDING", MoveToVersionId: versionId, RemoveFromVersionId: token };
  await sdkClient(harness).send(new UpdateSecretVersionStageCommand(move));
  await harness.store.flip(name, flipRequest(name, 3, { replaces: versionId }));
  await harness.store.discard(name, [versionId]);
  expect(holderOf("AWSPENDING")).toBe(versionId);
  await expectPortError(harness.store.readVersion(name, versionId), "not-found");
});
