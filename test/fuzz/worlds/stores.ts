import * as z from "zod";
import type { LedgerStore } from "../../../core/ports/ledger-store.ts";
import type { SecretStore } from "../../../core/ports/secret-store.ts";
import { Secret } from "../../../core/secret.ts";
import { flipRequest, stageEpoch } from "../../contract/secret-store-fixtures.ts";
import type { Canary } from "../../scenarios/leaks.ts";
import type { Outcome } from "../hostile/verdict.ts";
import { name, nothing, secret, serverMs } from "./shapes.ts";
import { type Operation, operation } from "./world.ts";

/** The secret that stands in every value of these worlds. */
export const valueCanary: Canary = { name: "a value", secret: new Secret("pW-0f2c9~in-the-store") };

const value = (label: string): Secret =>
  new Secret(JSON.stringify({ v: "1", label, password: valueCanary.secret.reveal() }));

const versionId = z.strictObject({ versionId: name });
const version = z.strictObject({ versionId: name, value: secret });
const facts = z.strictObject({
  versionId: name,
  epoch: z.int().min(0).max(999_999_999_999_999).nullable(),
  current: z.boolean(),
});

interface Stored {
  readonly name: string;
  /** Of epochs 1 and 2; the second is current. */
  readonly versionIds: readonly string[];
  readonly text: string;
}

async function currentText(store: SecretStore, id: string): Promise<string | null> {
  return (await store.readCurrent(id))?.value.reveal() ?? null;
}

/**
 * All calls of a secret store on names of their own. `good` prepares and looks afterwards, `tested` is asked
 * while answers are mangled. Whatever happens, what was current is current or the value flipped to is.
 */
export function storeOperations(good: SecretStore, tested: SecretStore, prefix: string): readonly Operation[] {
  const empty = async (run: number) => `${prefix}-${run}`;
  const stored = async (run: number): Promise<Stored> => {
    const id = `${prefix}-${run}`;
    const first = await good.flip(id, flipRequest(id, 1, { value: value("first") }));
    const second = await good.flip(id, flipRequest(id, 2, { value: value("second"), replaces: first.versionId }));
    return { name: id, versionIds: [first.versionId, second.versionId], text: value("second").reveal() };
  };
  const stays = async ({ name: id, text }: Stored): Promise<readonly string[]> =>
    (await currentText(good, id)) === text ? [] : ["what was current is not any more"];
  const found = async (held: Stored, outcome: Outcome): Promise<readonly string[]> => {
    const absent = outcome.is === "value" && outcome.value === null;
    return [...(await stays(held)), ...(absent ? ["says that nothing is there"] : [])];
  };
  return [
    operation<string>({
      name: "stage",
      prepare: empty,
      call: (id) => stageEpoch(tested, id, 1, value("staged")),
      shape: versionId,
      after: async (id) => ((await currentText(good, id)) === null ? [] : ["a staged value is current"]),
    }),
    operation<string>({
      name: "first flip",
      prepare: empty,
      call: (id) => tested.flip(id, flipRequest(id, 1, { value: value("first") })),
      shape: versionId,
    }),
    operation<Stored>({
      name: "flip",
      prepare: stored,
      call: ({ name: id, versionIds }) =>
        tested.flip(id, flipRequest(id, 3, { value: value("third"), replaces: versionIds[1] ?? null })),
      shape: versionId,
      async after({ name: id, text }, outcome) {
        const now = await currentText(good, id);
        const third = value("third").reveal();
        if (now !== text && now !== third) return ["neither the old nor the new value is current"];
        return outcome.is === "value" && now !== third ? ["flipped, it says, and the old value is current"] : [];
      },
    }),
    operation<Stored>({
      name: "flip that comes too late",
      prepare: stored,
      call: ({ name: id, versionIds }) =>
        tested.flip(id, flipRequest(id, 3, { value: value("third"), replaces: versionIds[0] ?? null })),
      shape: versionId,
    }),
    operation<Stored>({
      name: "readCurrent",
      prepare: stored,
      call: ({ name: id }) => tested.readCurrent(id),
      shape: version.nullable(),
      after: stays,
    }),
    operation<Stored>({
      name: "readVersion",
      prepare: stored,
      call: ({ name: id, versionIds }) => tested.readVersion(id, versionIds[0] ?? ""),
      shape: version,
      after: found,
    }),
    operation<Stored>({
      name: "listVersions",
      prepare: stored,
      call: ({ name: id }) => tested.listVersions(id),
      shape: z.array(facts),
      after: stays,
    }),
    operation<Stored>({
      name: "discard",
      prepare: stored,
      call: ({ name: id, versionIds }) => tested.discard(id, versionIds.slice(0, 1)),
      shape: nothing,
      after: stays,
    }),
    operation<Stored>({
      name: "discard of the current one",
      prepare: stored,
      call: ({ name: id, versionIds }) => tested.discard(id, versionIds.slice(1)),
      shape: nothing,
    }),
    operation<string>({
      name: "writeRound",
      prepare: empty,
      call: (id) => tested.writeRound(id, "00ff"),
      shape: nothing,
    }),
    operation<string>({
      name: "readRound",
      async prepare(run) {
        const id = await empty(run);
        await good.writeRound(id, "00ff");
        return id;
      },
      call: (id) => tested.readRound(id),
      shape: z.string().nullable(),
    }),
  ];
}

interface Kept {
  readonly key: string;
  readonly revision: string;
}

const before = '{"format":1,"epoch":1}';
const after = '{"format":1,"epoch":2}';

/** Loads and saves. Afterwards the old or the new text stands there whole; a save that says it succeeded has. */
export function ledgerOperations(good: LedgerStore, tested: LedgerStore, prefix: string): readonly Operation[] {
  const key = (run: number) => `${prefix}/pull-${run}`;
  const kept = async (run: number): Promise<Kept> => ({
    key: key(run),
    revision: (await good.save(key(run), null, before)).revision,
  });
  const textOf = async (at: string) => (await good.load(at)).record?.text ?? null;
  const saved = z.strictObject({ revision: z.string().min(1).max(1_024), serverMs });
  const check = async (at: string, old: string | null, outcome: Outcome): Promise<readonly string[]> => {
    const now = await textOf(at);
    if (now !== old && now !== after) return ["the ledger holds neither the old nor the new text"];
    return outcome.is === "value" && now !== after ? ["saved, it says, and the old text stands there"] : [];
  };
  return [
    operation<Kept>({
      name: "load",
      prepare: kept,
      call: ({ key: at }) => tested.load(at),
      shape: z.strictObject({
        record: z.strictObject({ revision: z.string().min(1).max(1_024), text: z.string() }).nullable(),
        serverMs,
      }),
      async after({ key: at }, outcome, mangling) {
        const record = outcome.is === "value" ? (outcome.value as { record: unknown }).record : undefined;
        // A document that says "absent" in the service's own words cannot be told from the truth.
        const forged = mangling.kind === "json";
        if (record === null && !forged) return ["says that there is no ledger"];
        return (await textOf(at)) === before ? [] : ["the ledger changed by a load"];
      },
    }),
    operation<string>({
      name: "first save",
      prepare: async (run) => key(run),
      call: (at) => tested.save(at, null, after),
      shape: saved,
      after: (at, outcome) => check(at, null, outcome),
    }),
    operation<Kept>({
      name: "save",
      prepare: kept,
      call: ({ key: at, revision }) => tested.save(at, revision, after),
      shape: saved,
      after: ({ key: at }, outcome) => check(at, before, outcome),
    }),
    operation<Kept>({
      name: "save that comes too late",
      async prepare(run) {
        const first = await kept(run);
        await good.save(first.key, first.revision, '{"format":1,"epoch":9}');
        return first;
      },
      call: ({ key: at, revision }) => tested.save(at, revision, after),
      shape: z.never(),
      after: async ({ key: at }) =>
        (await textOf(at)) === '{"format":1,"epoch":9}' ? [] : ["a late save got through"],
    }),
  ];
}
