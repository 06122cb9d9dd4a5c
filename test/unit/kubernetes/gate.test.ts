import { expect, test } from "vitest";
import type { HttpReply } from "../../../core/drivers/http/request.ts";
import { AdaptiveGate } from "../../../core/drivers/kubernetes/gate.ts";

const answer = (status: number, headers: Record<string, string> = {}): HttpReply => ({
  status,
  headers,
  text: "",
  serverMs: null,
});

/** A gate whose time stands still but for what the test says. */
function bench(inFlightMax = 16) {
  let now = 0;
  const slept: number[] = [];
  const gate = new AdaptiveGate({
    inFlightMax,
    nowMs: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  });
  const pass = (ms: number) => {
    now += ms;
  };
  return { gate, slept, pass };
}

const rounds = async (gate: AdaptiveGate, count: number, status = 200) => {
  for (let n = 0; n < count; n += 1) await gate.run(async () => answer(status));
};

test("grows by one in four rounds, up to the limit", async () => {
  const { gate } = bench(10);
  expect(gate.limit).toBe(8);
  await rounds(gate, 31);
  expect(gate.limit).toBe(8);
  await rounds(gate, 4);
  expect(gate.limit).toBe(9);
  await rounds(gate, 1_000);
  expect(gate.limit).toBe(10);
});

test.each([429, 503])("halves at %i, once for all that were under way, and never ends", async (status) => {
  const { gate } = bench();
  await Promise.all(Array.from({ length: 8 }, () => gate.run(async () => answer(status))));
  expect(gate.limit).toBe(4);
  await rounds(gate, 20, status);
  expect(gate.limit).toBe(1);
  await rounds(gate, 400);
  expect(gate.limit).toBeGreaterThan(8);
});

test("halves where nobody answers, and says so", async () => {
  const { gate } = bench();
  const failing = gate.run(() => Promise.reject(new Error("cut")));
  await expect(failing).rejects.toThrow("cut");
  expect(gate.limit).toBe(4);
});

test("halves when answers grow slow against the best", async () => {
  const { gate, pass } = bench();
  const taking = (ms: number) =>
    gate.run(async () => {
      pass(ms);
      return answer(200);
    });
  await taking(100);
  await taking(900);
  expect(gate.limit).toBe(8);
  await taking(1_500);
  expect(gate.limit).toBe(4);
});

test("never lets more in at once than it says", async () => {
  const { gate } = bench(4);
  let inside = 0;
  let most = 0;
  const call = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    return answer(200);
  };
  await Promise.all(Array.from({ length: 50 }, () => gate.run(call)));
  expect(most).toBe(4);
});

test("sends again when the server said when, and gives up after eight times", async () => {
  const { gate, slept } = bench();
  let sent = 0;
  const full = () => {
    sent += 1;
    return Promise.resolve(answer(sent === 3 ? 200 : 429, { "retry-after": "1" }));
  };
  expect((await gate.run(full)).status).toBe(200);
  expect({ sent, slept }).toEqual({ sent: 3, slept: [1_000, 1_000] });
  sent = 10;
  expect((await gate.run(full)).status).toBe(429);
  expect(sent).toBe(18);
});

test.each([
  ["without a time", {}],
  ["with a time that is too long", { "retry-after": "60" }],
])("a refusal %s goes to the caller at once", async (_title, headers) => {
  const { gate, slept } = bench();
  expect((await gate.run(async () => answer(429, headers))).status).toBe(429);
  expect(slept).toEqual([]);
});

test("a pause holds everybody back", async () => {
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const gate = new AdaptiveGate({ nowMs: () => 0, sleep: () => over });
  const order: string[] = [];
  let first = true;
  const refused = gate.run(async () => {
    const status = first ? 429 : 200;
    first = false;
    order.push(`a ${status}`);
    return answer(status, { "retry-after": "1" });
  });
  await new Promise((resolve) => setImmediate(resolve));
  const other = gate.run(async () => {
    order.push("b 200");
    return answer(200);
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual(["a 429"]);
  end();
  await Promise.all([refused, other]);
  expect(order).toHaveLength(3);
});
