import { inspect } from "node:util";
import { CreateSecretCommand, DeleteSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAwsSecretStore } from "../../core/drivers/aws-secrets-manager/secret-store.ts";
import type { PortError } from "../../core/ports/errors.ts";
import { Secret } from "../../core/secret.ts";
import { throttledFault } from "../../functions/sandbox/aws/replies.ts";
import type { FaultAction } from "../../functions/sandbox/faults.ts";
import { type AwsHarness, sdkClient, secretAccessKey, startAwsHarness } from "./aws-fixtures.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { flipRequest, flipThrough, stageEpoch, tagOf, tokenOf, valueFor } from "./secret-store-fixtures.ts";

let harness: AwsHarness;
let cases = 0;
let name = "";

beforeAll(async () => {
  harness = await startAwsHarness();
});
afterAll(() => harness.close());

/** A test on a name of its own, with no fault left behind. */
function on(title: string, run: (it: AwsHarness) => Promise<void>): void {
  test(title, async () => {
    cases += 1;
    name = `platform-pull-${cases}`;
    harness.faults.clear();
    await run(harness);
  });
}

/** Version → labels, as the account holds them, the placeholder among them. */
function labels(secret = name): Record<string, readonly string[]> {
  const versions = harness.aws.secret(secret) ?? [];
  return Object.fromEntries(versions.map(({ versionId, stages }) => [versionId, [...stages].sort()]));
}

const html = { "content-type": "text/html" };
const page: FaultAction = { type: "reply", status: 502, headers: html, body: "<html>Bad gateway</html>" };
const placeholderId = "capstan-placeholder-before-the-first-flip";

describe("labels", () => {
  on("a value staged first is not current: the placeholder is", async ({ aws, store }) => {
    const { versionId } = await stageEpoch(store, name, 1);
    expect(labels()).toEqual({ [placeholderId]: ["AWSCURRENT"], [versionId]: ["capstan-e1"] });
    expect(aws.secret(name)?.[0]?.value).toBe('{"capstan":"no value yet"}');
    await store.flip(name, flipRequest(name, 1, { stagedVersionId: versionId }));
    expect(labels()).toEqual({ [placeholderId]: ["AWSPREVIOUS"], [versionId]: ["AWSCURRENT", "capstan-e1"] });
  });

  on("the placeholder is neither read nor listed", async ({ store }) => {
    await flipThrough(store, name, 1);
    await expectPortError(store.readVersion(name, placeholderId), "not-found");
    expect((await store.listVersions(name)).map((one) => one.epoch)).toEqual([1]);
  });

  on("a generation for which no label is left is refused before anything is sent", async ({ aws, store }) => {
    await flipThrough(store, name, 1);
    for (let epoch = 2; epoch <= 18; epoch += 1) await stageEpoch(store, name, epoch);
    expect(Object.values(labels()).flat()).toHaveLength(20);
    const puts = aws.counts.get("PutSecretValue");
    await expectPortError(stageEpoch(store, name, 19), "invalid", "too-large");
    const [current] = Object.entries(labels()).find(([, stages]) => stages.includes("AWSCURRENT")) ?? [];
    const flip = store.flip(name, flipRequest(name, 20, { replaces: current ?? null }));
    await expectPortError(flip, "invalid", "too-large");
    expect(aws.counts.get("PutSecretValue")).toBe(puts);
    // What has its label already goes on, and a generation that is gone makes room.
    const { versionId } = await stageEpoch(store, name, 18);
    await store.discard(name, [versionId]);
    await stageEpoch(store, name, 19);
  });

  on("each generation keeps its label until it is discarded", async ({ store }) => {
    const [one = "", two = "", three = ""] = await flipThrough(store, name, 3);
    expect(labels()).toEqual({
      [placeholderId]: [],
      [one]: ["capstan-e1"],
      [two]: ["AWSPREVIOUS", "capstan-e2"],
      [three]: ["AWSCURRENT", "capstan-e3"],
    });
    await store.discard(name, [one, two]);
    const current = { [three]: ["AWSCURRENT", "capstan-e3"] };
    expect(labels()).toEqual({ [placeholderId]: [], [one]: [], [two]: ["AWSPREVIOUS"], ...current });
    expect((await store.listVersions(name)).map(({ versionId }) => versionId)).toEqual([three]);
    await expectPortError(store.readVersion(name, two), "not-found");
  });

  on("a discard that names the current version takes no label from any", async ({ store }) => {
    const versionIds = await flipThrough(store, name, 2);
    const before = labels();
    await expectPortError(store.discard(name, versionIds), "conflict", "stale-writer");
    expect(labels()).toEqual(before);
  });

  on("a pending value of the same epoch takes the label from the abandoned one", async ({ store }) => {
    const first = await stageEpoch(store, name, 1);
    const second = await store.stage(name, valueFor("again"), tagOf(1), tokenOf(name, "again"));
    expect(labels()).toMatchObject({ [first.versionId]: [], [second.versionId]: ["capstan-e1"] });
    await expectPortError(store.readVersion(name, first.versionId), "not-found");
    // The late repeat of the abandoned one takes it back; its rival can be flipped all the same.
    await stageEpoch(store, name, 1);
    expect(labels()).toMatchObject({ [first.versionId]: ["capstan-e1"], [second.versionId]: [] });
    await store.flip(name, flipRequest(name, 1, { stagedVersionId: second.versionId }));
    expect(labels()).toMatchObject({ [first.versionId]: [], [second.versionId]: ["AWSCURRENT", "capstan-e1"] });
  });

  on("no put ever goes out without labels, and a home flip writes no value", async ({ aws, faults, store }) => {
    const unlabelled = faults.set({
      part: "aws",
      kind: "PutSecretValue",
      when: ({ body }) => !body.includes('"VersionStages"'),
      action: { type: "reply", status: 500 },
    });
    await flipThrough(store, name, 2);
    const current = await store.readCurrent(name);
    const { versionId } = await stageEpoch(store, name, 3);
    const puts = aws.counts.get("PutSecretValue");
    await store.flip(name, flipRequest(name, 3, { replaces: current?.versionId ?? "", stagedVersionId: versionId }));
    expect(aws.counts.get("PutSecretValue")).toBe(puts);
    expect(unlabelled.hits()).toBe(0);
  });

  on("twenty flips of the same staged version are one", async ({ store }) => {
    const [first = ""] = await flipThrough(store, name, 1);
    const { versionId } = await stageEpoch(store, name, 2);
    const request = flipRequest(name, 2, { replaces: first, stagedVersionId: versionId });
    const all = await Promise.all(Array.from({ length: 20 }, () => store.flip(name, request)));
    expect(new Set(all.map((one) => one.versionId))).toEqual(new Set([versionId]));
    expect(labels()).toMatchObject({ [first]: ["AWSPREVIOUS", "capstan-e1"] });
  });

  on("a write from outside between our read and our move makes the service refuse the move", async (it) => {
    const { faults, store } = it;
    const [first = ""] = await flipThrough(store, name, 1);
    const outside = { SecretId: name, SecretString: "by hand", ClientRequestToken: tokenOf(name, "by hand") };
    faults.set({
      part: "aws",
      kind: "UpdateSecretVersionStage",
      times: 1,
      action: { type: "delay", delayMs: 0 },
      onHit: async () => {
        await sdkClient(it).send(new PutSecretValueCommand(outside));
      },
    });
    await expectPortError(store.flip(name, flipRequest(name, 2, { replaces: first })), "conflict", "stale-writer");
    const current = await store.readCurrent(name);
    expect(current?.value.reveal()).toBe("by hand");
    expect((await store.listVersions(name)).find((one) => one.current)?.epoch).toBeNull();
    await store.flip(name, flipRequest(name, 2, { replaces: current?.versionId ?? "" }));
    expect((await store.readCurrent(name))?.value.reveal()).toBe(valueFor("e2").reveal());
  });

  on("a secret made by a template without a value begins with the placeholder too", async (it) => {
    await sdkClient(it).send(new CreateSecretCommand({ Name: name, ClientRequestToken: tokenOf(name, "template") }));
    expect(labels()).toEqual({});
    const { versionId } = await stageEpoch(it.store, name, 1);
    expect(await it.store.readCurrent(name)).toBeNull();
    expect(labels()).toEqual({ [placeholderId]: ["AWSCURRENT"], [versionId]: ["capstan-e1"] });
  });

  on("a secret that waits for its deletion is disabled, not absent", async (it) => {
    await flipThrough(it.store, name, 1);
    await sdkClient(it).send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 7 }));
    await expectPortError(it.store.readCurrent(name), "conflict", "disabled");
    await expectPortError(stageEpoch(it.store, name, 2), "conflict", "disabled");
  });
});

describe("misbehaviour", () => {
  on("a stale description loses no race: the service's guard decides", async ({ faults, store }) => {
    const [first = "", second = ""] = await flipThrough(store, name, 2);
    faults.set({ part: "aws", kind: "DescribeSecret", action: { type: "stale" } });
    await expectPortError(store.flip(name, flipRequest(name, 3, { replaces: first })), "conflict", "stale-writer");
    faults.clear();
    expect((await store.readCurrent(name))?.versionId).toBe(second);
  });

  on("a stale read shows the value before", async ({ faults, store }) => {
    const [first] = await flipThrough(store, name, 2);
    faults.set({ part: "aws", kind: "GetSecretValue", times: 1, action: { type: "stale" } });
    expect((await store.readCurrent(name))?.versionId).toBe(first);
    expect((await store.readCurrent(name))?.versionId).not.toBe(first);
  });

  for (const kind of ["CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"]) {
    for (const type of ["cut-before", "cut-after"] as const) {
      on(`${kind} ${type}: unreachable, and the repeat is one flip`, async ({ aws, faults, store }) => {
        const fault = faults.set({ part: "aws", kind, times: 1, action: { type } });
        await expectPortError(store.flip(name, flipRequest(name, 1)), "unreachable");
        expect(fault.hits()).toBe(1);
        const { versionId } = await store.flip(name, flipRequest(name, 1));
        expect(labels()).toEqual({ [placeholderId]: ["AWSPREVIOUS"], [versionId]: ["AWSCURRENT", "capstan-e1"] });
        expect(aws.secret(name)).toHaveLength(2);
      });
    }
  }

  on("a round whose reply was lost is written once", async ({ aws, faults, store }) => {
    await store.writeRound(name, "aa");
    faults.set({ part: "aws", kind: "PutSecretValue", times: 1, action: { type: "cut-after" } });
    await expectPortError(store.writeRound(name, "bb"), "unreachable");
    await store.writeRound(name, "bb");
    expect(await store.readRound(name)).toBe("bb");
    await store.writeRound(name, "aa");
    expect(await store.readRound(name)).toBe("aa");
    expect(aws.secret(`${name}-round`)).toHaveLength(3);
  });

  on("throttling, pages and 5xx keep their kind; no bare 404 means absence", async ({ faults, store }) => {
    await flipThrough(store, name, 1);
    const reply = (status: number, body: string, headers: Record<string, string> = html): FaultAction => ({
      type: "reply",
      status,
      body,
      headers,
    });
    const rows: readonly [FaultAction, PortError["kind"]][] = [
      [throttledFault(), "throttled"],
      [reply(429, "slow down", { ...html, "retry-after": "7" }), "throttled"],
      [page, "unreachable"],
      [reply(500, '{"__type":"InternalServiceError","Message":"x"}'), "unreachable"],
      [reply(503, ""), "unreachable"],
      [reply(404, "<html>no such page</html>"), "invalid"],
      [reply(404, "{}"), "invalid"],
      [reply(200, "<html>sign in</html>"), "invalid"],
      [reply(200, "{}"), "invalid"],
      [reply(403, "<html>forbidden</html>"), "denied"],
      [reply(400, '{"__type":"AccessDeniedException","Message":"User: x is not authorized"}'), "denied"],
      [reply(200, "x".repeat(2 * 1024 * 1024)), "invalid"],
    ];
    for (const [action, kind] of rows) {
      faults.clear();
      faults.set({ part: "aws", action });
      const calls = [() => store.readCurrent(name), () => store.listVersions(name), () => stageEpoch(store, name, 2)];
      for (const call of calls) {
        const error = await portErrorOf(call());
        expect([action, error.kind]).toEqual([action, kind]);
        if (action === rows[1]?.[0]) expect(error.retryAfterMs).toBe(7000);
      }
    }
  });

  on("one call is one request: nothing is tried again inside", async ({ aws, faults, store }) => {
    faults.set({ part: "aws", kind: "GetSecretValue", action: { type: "reply", status: 503, body: "" } });
    const before = aws.counts.get("GetSecretValue") ?? 0;
    await portErrorOf(store.readCurrent(name));
    expect(aws.counts.get("GetSecretValue")).toBe(before + 1);
  });

  on("a slow answer ends at the time-out", async ({ access, faults }) => {
    const impatient = createAwsSecretStore({ ...access, requestTimeoutMs: 50 });
    faults.set({ part: "aws", action: { type: "delay", delayMs: 400 } });
    await expectPortError(impatient.readCurrent(name), "unreachable");
  });
});

describe("refusals and silence", () => {
  on("an unknown key id and a wrong secret key are bad credentials", async ({ access }) => {
    const wrong = new Secret("cAnArY/wrong");
    const strangers = [
      { accessKeyId: "AKIASTRANGER", secretAccessKey: new Secret(secretAccessKey) },
      { accessKeyId: "AKIASANDBOX", secretAccessKey: wrong },
    ];
    for (const credentials of strangers) {
      const store = createAwsSecretStore({ ...access, credentials });
      await expectPortError(store.readCurrent(name), "denied", "bad-credentials");
    }
  });

  on("another region's signature is refused", async ({ access }) => {
    const store = createAwsSecretStore({ ...access, region: "us-east-1" });
    await expectPortError(store.readCurrent(name), "denied", "bad-credentials");
  });

  on("a value over 65,536 bytes is refused without a request", async ({ aws, store }) => {
    const large = new Secret("x".repeat(65_537));
    const before = [...aws.counts.values()].reduce((sum, count) => sum + count, 0);
    await expectPortError(store.stage(name, large, tagOf(1), tokenOf(name, "large")), "invalid", "too-large");
    expect([...aws.counts.values()].reduce((sum, count) => sum + count, 0)).toBe(before);
    const whole = await store.stage(name, new Secret("x".repeat(65_536)), tagOf(1), tokenOf(name, "whole"));
    expect((await store.readVersion(name, whole.versionId)).value.reveal()).toHaveLength(65_536);
  });

  on("no error shows a value or the secret key, whatever the reply echoes", async ({ access, faults, store }) => {
    const canary = "cAnArY-value-51c0";
    const value = new Secret(JSON.stringify({ password: canary }));
    const actions: readonly FaultAction[] = [
      { type: "reply", status: 400, body: JSON.stringify({ __type: canary, Message: canary, message: canary }) },
      { type: "reply", status: 400, body: JSON.stringify({ __type: "ValidationException", message: canary }) },
      { type: "reply", status: 502, headers: { ...html, "x-echo": canary }, body: `<html>${canary}</html>` },
      { type: "reply", status: 200, body: canary },
      { type: "cut-before" },
    ];
    const stranger = { accessKeyId: "AKIASTRANGER", secretAccessKey: new Secret(secretAccessKey) };
    const denied = createAwsSecretStore({ ...access, credentials: stranger });
    const errors = [await portErrorOf(denied.stage(name, value, tagOf(1), tokenOf(name, "x")))];
    for (const action of actions) {
      for (const kind of ["DescribeSecret", "PutSecretValue", "UpdateSecretVersionStage"]) {
        faults.clear();
        faults.set({ part: "aws", kind, action });
        errors.push(await portErrorOf(store.flip(name, flipRequest(name, 1, { value }))));
      }
    }
    for (const error of errors) {
      const shown = `${inspect(error, { depth: 12, showHidden: true })} ${JSON.stringify(error)} ${error.stack}`;
      expect(shown).not.toContain("cAnArY");
    }
  });
});
