import { expect, test } from "vitest";
import type { HttpReply } from "../../../core/drivers/http/request.ts";
import { AdaptiveGate } from "../../../core/drivers/kubernetes/gate.ts";
import { ProcessGate } from "../../../core/drivers/kubernetes/process-gate.ts";

const answer = (status: number): HttpReply => ({ status, headers: {}, text: "", serverMs: null });

/** Time that passes when the test says so; who sleeps until then wakes. */
class Clock {
  now = 0;
  #sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];

  readonly nowMs = () => this.now;
  readonly sleep = (ms: number) =>
    new Promise<void>((wake) => {
      this.#sleepers.push({ atMs: this.now + ms, wake });
    });

  async pass(ms: number): Promise<void> {
    this.now += ms;
    for (const { atMs, wake } of this.#sleepers) if (atMs <= this.now) wake();
    this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > this.now);
    await settle();
  }
}

const settle = async () => {
  for (let n = 0; n < 50; n += 1) await Promise.resolve();
};

function fleet(inFlightMax?: number) {
  const clock = new Clock();
  const together = new ProcessGate({ inFlightMax, nowMs: clock.nowMs, sleep: clock.sleep });
  const cluster = (name: string) =>
    new AdaptiveGate({ together: { cluster: name, gate: together }, nowMs: clock.nowMs, sleep: clock.sleep });
  return { clock, together, cluster };
}

test("no more calls than allowed are under way over all clusters; each that ends lets the next in", async () => {
  const { clock, cluster } = fleet(10);
  const ends: (() => void)[] = [];
  let [underWay, most] = [0, 0];
  const call = () =>
    new Promise<HttpReply>((resolve) => {
      underWay += 1;
      most = Math.max(most, underWay);
      ends.push(() => {
        underWay -= 1;
        resolve(answer(200));
      });
    });
  const gates = Array.from({ length: 6 }, (_, n) => cluster(`c${n}`));
  const all = gates.flatMap((gate) => Array.from({ length: 20 }, () => gate.run(call)));
  await settle();
  for (let done = 0; done < 120; done += 1) {
    ends.shift()?.();
    await clock.pass(1);
  }
  await Promise.all(all);
  expect(most).toBe(10);
});

test("a dark cluster slows no other: its calls give their places back after a second, and cut its own gate alone", async () => {
  const { clock, together, cluster } = fleet(8);
  const dark = cluster("dark");
  const cuts: ((error: Error) => void)[] = [];
  const lost = Array.from({ length: 8 }, () =>
    dark.run(() => new Promise<HttpReply>((_, reject) => cuts.push(reject))).catch(() => undefined),
  );
  await settle();
  const served = cluster("served");
  let answered = 0;
  const calls = Array.from({ length: 100 }, () =>
    served
      .run(async () => answer(200))
      .then(() => {
        answered += 1;
      }),
  );
  await clock.pass(999);
  expect(answered).toBe(0);
  await clock.pass(1);
  await Promise.all(calls);
  expect(answered).toBe(100);
  for (const cut of cuts) cut(new Error("no answer"));
  await Promise.all(lost);
  expect(dark.limit).toBe(4);
  expect(together.limit).toBe(8);
});

test("clusters that go dark one after the other hold nobody up for longer than a second each", async () => {
  const { clock, cluster } = fleet(8);
  const never = () => new Promise<HttpReply>(() => undefined);
  for (const name of ["first", "second", "third"]) for (let n = 0; n < 8; n += 1) void cluster(name).run(never);
  await settle();
  let answered = false;
  void cluster("served")
    .run(async () => answer(200))
    .then(() => {
      answered = true;
    });
  for (let seconds = 0; seconds < 3; seconds += 1) await clock.pass(1_000);
  expect(answered).toBe(true);
});

test("grows while it goes well, halves when two clusters complain within a second, and not for one alone", async () => {
  const { clock, together, cluster } = fleet();
  const [one, other] = [cluster("one"), cluster("other")];
  for (let n = 0; n < 300; n += 1) await one.run(async () => answer(200));
  expect(together.limit).toBe(65);
  for (let n = 0; n < 10; n += 1) await one.run(async () => answer(429));
  expect(together.limit).toBe(65);
  await clock.pass(1_001);
  await other.run(async () => answer(503));
  expect(together.limit).toBe(65);
  await clock.pass(500);
  await one.run(async () => answer(429));
  expect(together.limit).toBe(32);
  // The same trouble, told by all: it halves once.
  await other.run(async () => answer(429));
  expect(together.limit).toBe(32);
  for (let times = 0; times < 20; times += 1) {
    await clock.pass(1_001);
    await one.run(async () => answer(429));
    await other.run(async () => answer(429));
  }
  expect(together.limit).toBe(8);
});

test.each([
  [900, 64],
  [1_500, 32],
])("answers that take %i ms at two clusters, where they took none before: %i are allowed then", async (ms, allowed) => {
  const { clock, together, cluster } = fleet();
  const gates = [cluster("one"), cluster("other")];
  await Promise.all(gates.map((gate) => gate.run(async () => answer(200))));
  const slow = gates.map((gate) =>
    gate.run(async () => {
      await clock.sleep(ms);
      return answer(200);
    }),
  );
  await settle();
  await clock.pass(ms);
  await Promise.all(slow);
  expect(together.limit).toBe(allowed);
});
