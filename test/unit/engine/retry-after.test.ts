import { expect, test } from "vitest";
import { heedRetryAfter } from "../../../core/engine/retry-after.ts";
import { PortError, type PortErrorOptions } from "../../../core/ports/errors.ts";

const at = { system: "a-store", operation: "Read" };

function portOf(failing: () => PortError | null) {
  let [nowMs, sent] = [1_000, 0];
  const call = async () => {
    sent += 1;
    const error = failing();
    if (error !== null) throw error;
    return "answered";
  };
  const port = heedRetryAfter({ read: call, write: call }, () => nowMs);
  return {
    port,
    sent: () => sent,
    passes: (ms: number) => {
      nowMs += ms;
    },
  };
}

const throttled = (more: Partial<PortErrorOptions>) => new PortError("throttled", "a-store: Read", { ...at, ...more });

test("whoever asks to be left alone is, by every call, and told for how long still", async () => {
  let error: PortError | null = throttled({ retryAfterMs: 5_000 });
  const { port, sent, passes } = portOf(() => error);
  await expect(port.read()).rejects.toBe(error);
  error = null;
  passes(1_500);
  await expect(port.write()).rejects.toMatchObject({
    kind: "throttled",
    system: "a-store",
    operation: "write",
    retryAfterMs: 3_500,
    message: "a-store: write: not sent, it asked to be left alone for another 4 s",
  });
  expect(sent()).toBe(1);
  passes(3_500);
  expect([await port.write(), sent()]).toEqual(["answered", 2]);
});

test("of two that ask the later end counts", async () => {
  const waits = [9_000, 2_000];
  const { port, sent, passes } = portOf(() => {
    const retryAfterMs = waits.shift();
    return retryAfterMs === undefined ? null : throttled({ retryAfterMs });
  });
  await Promise.allSettled([port.read(), port.read()]);
  passes(8_999);
  await expect(port.read()).rejects.toMatchObject({ retryAfterMs: 1 });
  expect(sent()).toBe(2);
});

test.each([
  ["without a time", throttled({})],
  ["by our own pace", throttled({ retryAfterMs: 60_000, reason: "over-rate" })],
  ["with something else", new PortError("denied", "a-store: Read", at)],
])("who answers %s may be asked again at once", async (_, error) => {
  const { port, sent } = portOf(() => error);
  await expect(port.read()).rejects.toBe(error);
  await expect(port.read()).rejects.toBe(error);
  expect(sent()).toBe(2);
});

test("503 with a time is heeded as 429 is", async () => {
  const { port, sent } = portOf(() => new PortError("unreachable", "a-store: Read", { ...at, retryAfterMs: 1_000 }));
  await expect(port.read()).rejects.toMatchObject({ kind: "unreachable" });
  await expect(port.read()).rejects.toMatchObject({ kind: "throttled" });
  expect(sent()).toBe(1);
});
