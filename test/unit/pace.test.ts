import { expect, test } from "vitest";
import { Pace, type PaceOptions, type Rate } from "../../core/drivers/http/pace.ts";
import { PortError } from "../../core/ports/errors.ts";

const where = { system: "a-store", operation: "Write" };

/** A clock that moves only while somebody sleeps, to whoever wakes first. */
function virtualClock(startMs = 1_000_000) {
  let nowMs = startMs;
  const sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    sleep: (ms: number) => new Promise<void>((wake) => sleepers.push({ atMs: nowMs + ms, wake })),
    set: (ms: number) => {
      nowMs = ms;
    },
    async run(work: Promise<unknown>) {
      let done = false;
      void work.finally(() => {
        done = true;
      });
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (done) return;
        sleepers.sort((one, other) => one.atMs - other.atMs);
        const next = sleepers.shift();
        if (next === undefined) continue;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
      }
    },
  };
}

async function startsOf(rate: Rate, keys: readonly string[], options: Partial<PaceOptions> = {}) {
  const clock = virtualClock();
  const pace = new Pace(rate, { ...clock, waitMsMax: 1_000_000, ...options });
  const starts: { readonly key: string; readonly atMs: number }[] = [];
  const calls = keys.map(async (key) => {
    await pace.turn(key, where);
    starts.push({ key, atMs: clock.nowMs() - 1_000_000 });
  });
  await clock.run(Promise.all(calls));
  return starts;
}

test("no window of the rate's length sees more calls than it allows, and none waits in vain", async () => {
  const starts = await startsOf(
    { max: 3, windowMs: 1_000 },
    Array.from({ length: 11 }, () => "a"),
  );
  expect(starts.map(({ atMs }) => atMs)).toEqual([0, 0, 0, 1_100, 1_100, 1_100, 2_200, 2_200, 2_200, 3_300, 3_300]);
});

test("keys do not hold each other up", async () => {
  const starts = await startsOf({ max: 1, windowMs: 1_000 }, ["a", "a", "b", "b", "c"]);
  expect(starts.filter(({ atMs }) => atMs === 0).map(({ key }) => key)).toEqual(["a", "b", "c"]);
  expect(starts.filter(({ atMs }) => atMs === 1_100).map(({ key }) => key)).toEqual(["a", "b"]);
});

test("a turn that is too far away is refused at once, says when to come back, and is not taken from others", async () => {
  const clock = virtualClock();
  const pace = new Pace({ max: 2, windowMs: 10_000 }, { ...clock, waitMsMax: 5_000 });
  await Promise.all([pace.turn("a", where), pace.turn("a", where)]);
  const refused = await pace.turn("a", where).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(PortError);
  expect(refused).toMatchObject({ kind: "throttled", reason: "over-rate", retryAfterMs: 11_000, system: "a-store" });
  clock.set(clock.nowMs() + 11_000);
  await pace.turn("a", where);
});

test("a clock that is put back stops nobody for longer than a turn may be waited for", async () => {
  const clock = virtualClock();
  const pace = new Pace({ max: 1, windowMs: 1_000 }, { ...clock, waitMsMax: 5_000 });
  await pace.turn("a", where);
  clock.set(clock.nowMs() - 3_600_000);
  await pace.turn("a", where);
});
