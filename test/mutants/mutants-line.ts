import type { Mutant } from "./mutants.ts";
import type { Edit } from "./plugin.ts";

const line = "core/protocol/home-line.ts";

const noProof: Edit = {
  file: line,
  from: 'for (const purpose of ["next", "last"] as const) {',
  to: "for (const purpose of [] as any[]) {",
};

/** How a generation comes into being and becomes current. */
export const lineMutants: readonly Mutant[] = [
  { name: "promote before proven", histories: 500, edits: [noProof] },
  {
    // Its proof would find it out, so that is gone, too.
    name: "reuse a robot after a lost reply",
    histories: 500,
    edits: [
      noProof,
      {
        file: "core/engine/home-replies.ts",
        from: "  // Absent is an answer here:",
        to: `  if (effect.type === "mint" && failure.kind === "unreachable") {
    const password = { reveal: () => "Cp1guessed", equals: () => false } as any;
    const robot = { id: 9999, username: "robot$" + context.credential + "-g" + effect.generation + "-" + effect.attempt, createdAtMs: 1, expiresAtMs: null };
    return { reply: { ok: true, value: robot }, vault: { ...vault, minted: { ...vault.minted, [effect.attempt]: { ...robot, password } } }, serverMs: null };
  }
  // Absent is an answer here:`,
      },
      {
        file: "core/engine/home-replies.ts",
        from: "failed(effect, reply.failure, vault);",
        to: "failed(effect, reply.failure, vault, context);",
      },
      {
        file: "core/engine/home-replies.ts",
        from: "function failed(effect: HomeEffect, failure: CallFailure, vault: Vault)",
        to: "function failed(effect: HomeEffect, failure: CallFailure, vault: Vault, context: any)",
      },
    ],
  },
  {
    name: "act on latest instead of the version id",
    histories: 500,
    edits: [
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
  },
  {
    name: "a name per generation instead of per attempt",
    histories: 500,
    edits: [
      {
        file: "core/protocol/mark.ts",
        from: "return `${credential}-g${generation}-${attempt}`;",
        to: "return `${credential}-g${generation}`;",
      },
      {
        file: "core/protocol/home-delete.ts",
        from: "ledger.next.attempt === mark.attempt",
        to: "ledger.next.generation === mark.generation",
      },
    ],
  },
  {
    name: "no compare-and-set of the ledger",
    histories: 500,
    edits: [{ file: "core/drivers/memory/ledger-store.ts", from: "if (stored !== expected) {", to: "if (false) {" }],
  },
  {
    name: "a store is flipped over whatever stands there",
    histories: 800,
    edits: [
      {
        file: "core/drivers/memory/secret-store-state.ts",
        from: "if (known.current !== request.replaces) {",
        to: "if (false) {",
      },
    ],
  },
  {
    name: "a limit on attempts that ends them",
    histories: 500,
    edits: [
      {
        file: line,
        from: "const allowedMs = attemptAllowedAtMs(state, ledger, at.localMs);",
        to: "const allowedMs = ledger.abandoned.length >= 3 ? Number.MAX_SAFE_INTEGER : 0;",
      },
    ],
  },
  {
    name: "a dark target that blocks the next rotation",
    histories: 500,
    edits: [
      {
        file: line,
        from: "ledger.current !== null && ledger.replaced.length >= settings.limits.replacedMax",
        to: 'ledger.replaced.some((record) => record.state === "held")',
      },
    ],
  },
  {
    name: "a lost value is waited for",
    histories: 500,
    edits: [
      {
        file: "core/protocol/home-watch.ts",
        from: 'reply.failure.kind === "not-found" ? "lost" : "unreadable"',
        to: '"unreadable"',
      },
    ],
  },
  {
    name: "a password in the ledger",
    histories: 100,
    edits: [
      {
        file: "core/engine/home-calls.ts",
        from: "text: formatLedger(effect.ledger),",
        to: "text: formatLedger({ ...effect.ledger, notes: Object.values(vault.values).map((held) => held.value.login.password.reveal()) } as any),",
      },
    ],
  },
];
