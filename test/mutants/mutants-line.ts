import type { Edit } from "./edits.ts";
import { type Mutant, searched, simulated } from "./mutant.ts";

const line = "core/protocol/home-line.ts";
const start = "core/protocol/home-start.ts";
const replies = "core/engine/home-replies.ts";

const noProof: Edit = {
  file: line,
  from: 'for (const purpose of ["next", "last"] as const) {',
  to: "for (const purpose of [] as any[]) {",
};

/** How a generation comes into being and becomes current. */
export const lineMutants: readonly Mutant[] = [
  {
    name: "promote before proven",
    edits: [noProof],
    hunt: simulated(300, { spoilt: 0.5 }),
    broken: /^promise 2: the current generation \d+ is dead/,
  },
  {
    // Its proof would find it out, so that is gone, too.
    name: "reuse a robot after a lost reply",
    edits: [
      noProof,
      {
        file: replies,
        from: "  // Absent is an answer here:",
        to: `  if (effect.type === "mint" && failure.kind === "unreachable") {
    const password = { reveal: () => "Cp1guessed", equals: () => true } as any;
    const robot = { id: 9999, username: "robot$" + context.credential + "-g" + effect.generation + "-" + effect.attempt, createdAtMs: 1, expiresAtMs: null };
    return { reply: { ok: true, value: robot }, vault: { ...vault, minted: { ...vault.minted, [effect.attempt]: { ...robot, password } } }, serverMs: null };
  }
  // Absent is an answer here:`,
      },
      {
        file: replies,
        from: "failed(effect, reply.failure, vault);",
        to: "failed(effect, reply.failure, vault, context);",
      },
      {
        file: replies,
        from: "function failed(effect: HomeEffect, failure: CallFailure, vault: Vault)",
        to: "function failed(effect: HomeEffect, failure: CallFailure, vault: Vault, context: any)",
      },
    ],
    hunt: simulated(300, { lostReply: 0.1 }),
    broken: /^promise 2: the current generation \d+ is dead/,
  },
  {
    // The read back and the hash in the ledger would find it out, so those are gone, too.
    name: "act on latest instead of the version id",
    edits: [
      { file: line, from: "trace.hash === next.hash &&", to: "" },
      { file: line, from: "trace.epoch === next.epoch &&", to: "" },
      { file: line, from: "trace.generation === next.generation &&", to: "" },
      { file: line, from: "trace.username === next.robot.username;", to: "true;" },
      {
        file: "core/protocol/home-watch.ts",
        from: 'return reply.value.trace?.hash === current.hash ? "good" : "lost";',
        to: 'return "good";',
      },
      {
        file: "core/engine/home-calls.ts",
        from: '{ call: "store.readVersion", on: home, name, versionId: effect.versionId }',
        to: '{ call: "store.readVersion", on: home, name, versionId: "latest" }',
      },
      {
        file: "core/drivers/memory/secret-store-state.ts",
        from: 'find((one) => one.versionId === versionId);\n  if (found === undefined) throw fail("not-found"',
        to: 'findLast((one) => versionId === "latest" || one.versionId === versionId);\n  if (found === undefined) throw fail("not-found"',
      },
    ],
    hunt: simulated(300, { acts: ["roll back", "rotate"], act: 0.5, crash: 0.05, doubledTick: 0.5 }),
    broken: /^(promise|thrown: Error: a value is used by the tick that read it)/,
  },
  {
    name: "a name per generation instead of per attempt",
    edits: [
      {
        file: "core/protocol/mark.ts",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
        from: "return `${credential}-g${generation}-${attempt}`;",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
        to: "return `${credential}-g${generation}`;",
      },
    ],
    // Whoever has such names already keeps the first attempt at a generation from ever being made.
    hunt: simulated(20, {}, { namesTaken: true }),
    broken: /^promise 7: no current generation/,
  },
  {
    name: "a dark target that blocks the next rotation",
    edits: [
      {
        file: start,
        from: "ledger.replaced.length >= settings.limits.replacedMax * (mayWait ? 1 : 2)",
        to: 'ledger.replaced.some((record) => record.state === "held")',
      },
    ],
    hunt: simulated(100, { darkForEver: true }),
    broken: /^promise 7: no rotation while cluster c0 is dark/,
  },
  {
    name: "no compare-and-set of the ledger",
    edits: [{ file: "core/drivers/memory/ledger-store.ts", from: "if (stored !== expected) {", to: "if (false) {" }],
    hunt: searched("due-crash-lost"),
    broken: /^(promise|ledger: the epoch jumps)/,
  },
  {
    name: "a store is flipped over whatever stands there",
    edits: [
      {
        file: "core/drivers/memory/secret-store-state.ts",
        from: "if (known.current !== request.replaces) {",
        to: "if (false) {",
      },
    ],
    hunt: simulated(600, { frozen: 0.1, doubledTick: 0.8, crash: 0, acts: ["rotate"], act: 0.5 }),
    broken: /^promise 1: the store of \w+ went back/,
  },
  {
    name: "a limit on attempts that ends them",
    edits: [
      {
        file: start,
        from: "const allowedMs = attemptAllowedAtMs(state, at.localMs);",
        to: "const allowedMs = ledger.abandoned.length >= 3 ? Number.MAX_SAFE_INTEGER : 0;",
      },
    ],
    hunt: simulated(300, { crashAtLine: 0.2, spoilt: 0.4 }),
    broken: /^promise (2|7)/,
  },
  {
    name: "a lost value is waited for",
    edits: [
      {
        file: "core/protocol/home-watch.ts",
        from: 'reply.failure.kind === "not-found" ? "lost" : null',
        to: "null",
      },
    ],
    hunt: simulated(400, { outside: 0.3, outsiders: ["store restored"] }, { durationDays: 90 }),
    broken: /^promise 7: the store of \w+ is not at epoch/,
  },
  {
    name: "a password in the ledger",
    edits: [
      {
        file: "core/engine/home-calls.ts",
        from: "text: formatLedger(effect.ledger),",
        to: "text: formatLedger({ ...effect.ledger, notes: Object.values(vault.values).map((held) => held.value.login.password.reveal()) } as any),",
      },
    ],
    hunt: searched("due-crash-lost"),
    broken: /promise 6: a password stands in a ledger/,
  },
];
