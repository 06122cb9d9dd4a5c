import { describe, expect, it } from "vitest";
import { EventRefused, readEvent, readEventText } from "../../../core/config/event.ts";

const tick = { action: "tick", credentials: [] };

describe("events that mean a tick of everything", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["an empty object", {}],
    [
      "a rule of EventBridge",
      {
        version: "0",
        id: "89d1a02d-5ec7-412e-82f5-13505f849b41",
        "detail-type": "Scheduled Event",
        source: "aws.events",
        account: "123456789012",
        time: "2026-11-24T00:00:00Z",
        region: "eu-central-1",
        resources: ["arn:aws:events:eu-central-1:123456789012:rule/capstan"],
        detail: {},
      },
    ],
    [
      "EventBridge Scheduler without input",
      { "detail-type": "Scheduled Event", source: "aws.scheduler", detail: "{}" },
    ],
    [
      "EventBridge Scheduler with the input of serverless.yml",
      {
        scheduleArn: "arn:aws:scheduler:r:1:schedule/d/t",
        scheduledTime: "2026-11-24T00:00:00Z",
        executionId: "x",
        attempt: "1",
      },
    ],
    ["a timer of Azure", { schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: true }],
    ["a manual invocation that names no action", { capstan: {} }],
  ])("%s", (_what, event) => {
    expect(readEvent(event)).toEqual(tick);
  });

  it.each(["", " \n", "{}", "null", '{"capstan":{"action":"tick"}}'])("the text %j", (text) => {
    expect(readEventText(text)).toEqual(tick);
  });
});

describe("manual invocations", () => {
  it.each([
    [{ credentials: ["a"] }, { action: "tick", credentials: ["a"] }],
    [{ resume: true }, { action: "tick", credentials: [], resume: true }],
    [{ action: "rotate" }, { action: "rotate", credentials: [] }],
    [
      { action: "status", credentials: ["a", "b"] },
      { action: "status", credentials: ["a", "b"] },
    ],
    [
      { action: "rollback", credentials: ["a"] },
      { action: "rollback", credentials: ["a"], generation: null },
    ],
    [
      { action: "rollback", credentials: ["a"], generation: 3 },
      { action: "rollback", credentials: ["a"], generation: 3 },
    ],
    [
      { action: "revoke", credentials: ["a"], generation: 3 },
      { action: "revoke", credentials: ["a"], generation: 3, now: false },
    ],
    [
      { action: "revoke", credentials: ["a"], generation: 3, now: true },
      { action: "revoke", credentials: ["a"], generation: 3, now: true },
    ],
  ])("%j", (capstan, command) => {
    expect(readEvent({ capstan })).toEqual(command);
    expect(readEventText(JSON.stringify({ capstan }))).toEqual(command);
  });
});

describe("refusals name the place and never show the event", () => {
  const canary = "canary value";
  it.each<[unknown, string]>([
    [canary, "it is no document"],
    [[canary], "it is no document"],
    [7, "it is no document"],
    [{ Records: [canary] }, "it comes from no scheduler"],
    [{ "detail-type": "AWS API Call via CloudTrail", source: "aws.secretsmanager", detail: canary }, "no scheduler"],
    [{ capstan: canary }, "capstan: missing, or no object"],
    [{ capstan: null }, "capstan: missing, or no object"],
    [{ capstan: {}, [canary]: 1 }, "unknown key (a key that is not shown)"],
    [{ capstan: { action: canary } }, "capstan.action: is none of tick, rotate, status, rollback, revoke"],
    [{ capstan: { action: "rotate", generation: 1 } }, "capstan: unknown key generation"],
    [{ capstan: { now: true } }, "capstan: unknown key now"],
    [{ capstan: { action: "revoke", credentials: ["a"] } }, "capstan.generation: missing, or no number"],
    [{ capstan: { action: "revoke", credentials: [], generation: 1 } }, "capstan.credentials: 1 is the least"],
    [{ capstan: { action: "rollback", credentials: ["a", "b"] } }, "capstan.credentials: 1 is the most"],
    [{ capstan: { action: "revoke", credentials: ["a"], generation: 0 } }, "capstan.generation: 1 is the least"],
    [{ capstan: { credentials: [canary.repeat(6)] } }, "capstan.credentials[0]: 63 is the most"],
    [{ capstan: { credentials: canary } }, "capstan.credentials: missing, or no array"],
  ])("%j", (event, why) => {
    expect(() => readEvent(event)).toThrow(EventRefused);
    const text = refusalOf(() => readEvent(event));
    expect(text).toContain(why);
    expect(text).not.toContain(canary);
  });

  it("texts that are no JSON, or too long", () => {
    expect(refusalOf(() => readEventText(`{"a": ${canary}`))).toBe("event refused: it is not JSON");
    expect(refusalOf(() => readEventText(" ".repeat(65_537)))).toBe("event refused: it is over 65536 characters long");
  });
});

function refusalOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return String((error as Error).message);
  }
  throw new Error("was not refused");
}
