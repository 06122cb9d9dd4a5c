import { describe, expect, test } from "vitest";
import type { CallReply, PortCall, Wanted } from "../../../core/engine/calls.ts";
import { type Advance, startHomeRunner } from "../../../core/engine/home-runner.ts";
import { advance, type Runner } from "../../../core/engine/shell.ts";
import { startSiteRunner } from "../../../core/engine/site-runner.ts";
import { Secret } from "../../../core/secret.ts";
import { performNow } from "../../simulation/perform-now.ts";
import { Random } from "../../simulation/random.ts";
import { World } from "../../simulation/world.ts";

const shape = {
  sites: ["aws", "azure"],
  clusters: { c0: "aws", c1: "azure" },
  namespacesPerCluster: 2,
  tickEveryMs: 300_000,
  drainMs: 0,
  rotateEveryMs: 7_200_000,
  durationDays: 2,
};

/** One advance of a runner: from which value, with which reply, to which value. */
interface Move {
  readonly before: Runner;
  readonly id: string;
  readonly reply: CallReply;
  readonly after: Runner;
}

interface Told {
  readonly moves: readonly Move[];
  readonly calls: readonly PortCall[];
  readonly passwords: readonly string[];
  readonly saved: readonly string[];
}

/** Home, then both sites, over and over: two rotations and what follows them. */
function tell(): Told {
  const world = new World(shape, new Random(7));
  const moves: Move[] = [];
  const calls: PortCall[] = [];
  const passwords = new Set<string>();
  const play = (started: Advance<Runner>) => {
    let runner = frozen(started.runner);
    const queue: Wanted[] = [...started.calls];
    for (let wanted = queue.shift(); wanted !== undefined; wanted = queue.shift()) {
      calls.push(wanted.call);
      const reply = frozen(performNow(world.ports, wanted.call));
      const next = advance(runner, wanted.id, reply, world.nowMs);
      moves.push({ before: runner, id: wanted.id, reply, after: frozen(next.runner) });
      runner = next.runner;
      queue.push(...next.calls);
    }
    for (const robot of world.registry.state.robots) passwords.add(robot.password.reveal());
  };
  for (let tick = 0; tick < 40; tick += 1) {
    world.nowMs += shape.tickEveryMs;
    const { context, settings } = world.homeInput(`runner-${tick}`, world.nowMs, null);
    play(startHomeRunner(context, settings, world.nowMs));
    for (const site of shape.sites) {
      const input = world.siteInput(site, world.nowMs);
      play(startSiteRunner(input.context, input.settings, world.nowMs));
    }
  }
  const saved = calls.flatMap((call) => (call.call === "ledger.save" ? call.text : []));
  return { moves, calls, passwords: [...passwords], saved };
}

/** Fails on any write to what was handed over. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value) && !(value instanceof Secret)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}

/** Kinds of things inside that are no plain data. */
function notPlain(value: unknown, path = ""): readonly string[] {
  if (value === null || value === undefined || ["string", "number", "boolean"].includes(typeof value)) return [];
  if (value instanceof Secret) return [];
  if (typeof value !== "object") return [`${path}: ${typeof value}`];
  const prototype: unknown = Object.getPrototypeOf(value);
  if (![null, Object.prototype, Array.prototype].includes(prototype as object | null)) return [`${path}: a class`];
  return Object.entries(value).flatMap(([key, inner]) => notPlain(inner, `${path}.${key}`));
}

const told = tell();

describe("a runner between two calls is a plain value", () => {
  test("the story is long enough to show it: more than one rotation, more than one robot deleted", () => {
    const count = (call: PortCall["call"]) => told.calls.filter((one) => one.call === call).length;
    expect(count("registry.mint")).toBeGreaterThanOrEqual(2);
    expect(count("registry.remove")).toBeGreaterThanOrEqual(1);
    expect(count("cluster.applySecret")).toBeGreaterThanOrEqual(8);
    expect(told.passwords.length).toBeGreaterThanOrEqual(2);
  });

  test("nothing in it but data and secrets", () => {
    expect([...new Set(told.moves.flatMap(({ after }) => notPlain(after)))]).toEqual([]);
  });

  test("the same value with the same reply always goes on to the same value, whoever kept it and however long", () => {
    const at = (runner: Runner) => ("startedMs" in runner.state ? runner.state.startedMs : 0);
    for (const { before, id, reply, after } of told.moves) {
      const again = advance(before, id, reply, at(before));
      expect(again.runner).toEqual(after);
    }
  });

  test("a copy kept mid-run, given the replies that the original got, becomes what the original became", () => {
    // Every seventh value of the first two home ticks, followed with the replies that the original got.
    const first = told.moves.slice(0, 120);
    for (let n = 0; n < first.length; n += 7) {
      const kept = first[n];
      if (kept === undefined) throw new Error("a move is there");
      let runner: Runner = kept.before;
      for (const move of first.slice(n)) {
        if (runner.state.outcome !== null || move.before.context !== runner.context) break;
        runner = advance(runner, move.id, move.reply, runner.state.startedMs).runner;
        expect(runner).toEqual(move.after);
      }
    }
  });

  test("a reply to a call that is not under way is refused", () => {
    const [move] = told.moves;
    if (move === undefined) throw new Error("a move is there");
    expect(() => advance(move.after, move.id, move.reply, 0)).toThrow("is under way");
  });
});

describe("no secret goes where it does not belong", () => {
  /** A password as it is, and as a pull secret has it. */
  const shapes = told.passwords.flatMap((password) => [
    password,
    Buffer.from(password).toString("base64").slice(0, -2),
  ]);
  const found = (texts: readonly string[]) => texts.filter((text) => shapes.some((shape) => text.includes(shape)));

  test("the canaries are really in the stores' values", () => {
    const values = told.calls.flatMap((call) => (call.call === "store.stage" ? call.value.reveal() : []));
    expect(found(values)).toHaveLength(values.length);
    expect(values.length).toBeGreaterThanOrEqual(2);
  });

  test("not into ledgers", () => {
    expect(told.saved.length).toBeGreaterThan(20);
    expect(found(told.saved)).toEqual([]);
  });

  test("not into the protocol's state and effects, nor into anything printed of a runner or a call", () => {
    expect(found(told.moves.map(({ after }) => JSON.stringify(after)))).toEqual([]);
    expect(found(told.calls.map((call) => JSON.stringify(call)))).toEqual([]);
    const secretsIn = (value: unknown): number =>
      value instanceof Secret
        ? 1
        : typeof value === "object" && value !== null
          ? Object.values(value).reduce<number>((sum, inner) => sum + secretsIn(inner), 0)
          : 0;
    // The protocol never even holds one: they stay in the engine's vault.
    expect(told.moves.reduce((sum, { after }) => sum + secretsIn(after.state), 0)).toBe(0);
  });
});
