import { PortError } from "../../core/ports/errors.ts";
import type { SecretStore } from "../../core/ports/secret-store.ts";
import type { FaultAction, FaultBoard, PartName } from "../../functions/sandbox/faults.ts";

const attemptsMax = 80;

/** Where the store's server can be made to misbehave, and how it throttles. */
export interface StoreFaults {
  readonly board: FaultBoard;
  readonly part: PartName;
  readonly throttled: FaultAction;
}

type Calls = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;
type Way = (call: () => Promise<unknown>, name: keyof SecretStore) => Promise<unknown>;

function through(store: SecretStore, way: Way): SecretStore {
  const calls = store as unknown as Calls;
  const names = Object.keys(calls) as (keyof SecretStore)[];
  const wrapped = names.map((name) => [
    name,
    (...args: readonly unknown[]) => way(() => calls[name]?.(...args) ?? Promise.resolve(), name),
  ]);
  return Object.fromEntries(wrapped) as SecretStore;
}

/**
 * Every call is interrupted at its first request, called again and interrupted at its second, and so on until it
 * runs through: each boundary of each call is crossed once, and the last answer must be what an undisturbed call
 * would have said.
 */
function interrupted(store: SecretStore, { board, part }: StoreFaults, action: FaultAction): SecretStore {
  return through(store, async (call) => {
    for (let skip = 0; ; skip += 1) {
      const fault = board.set({ part, skip, times: 1, action });
      try {
        return await call();
      } catch (error) {
        const again = error instanceof PortError && (error.kind === "unreachable" || error.kind === "throttled");
        if (!again || skip === attemptsMax) throw error;
      } finally {
        fault.remove();
      }
    }
  });
}

const writes: readonly (keyof SecretStore)[] = ["stage", "flip", "discard", "writeRound"];

/** Every write runs with all its readings from before the last write; refused, it is called again with fresh ones. */
function stale(store: SecretStore, { board, part }: StoreFaults): SecretStore {
  let underWay = 0;
  return through(store, async (call, name) => {
    if (!writes.includes(name)) return call();
    const fault = board.set({ part, action: { type: "stale" } });
    underWay += 1;
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
    } finally {
      underWay -= 1;
      fault.remove();
    }
    // The board is one for all: fresh readings are had when nobody else asks for old ones.
    while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return call();
  });
}

/**
 * Every write is made by two runners at once. One of them may lose or be told to come again; afterwards the same
 * call once more must say what one runner alone would have heard.
 */
function doubled(store: SecretStore): SecretStore {
  return through(store, async (call, name) => {
    if (!writes.includes(name)) return call();
    const outcomes = await Promise.allSettled([call(), call()]);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected" && !(outcome.reason instanceof PortError)) throw outcome.reason;
    }
    return call();
  });
}

/** Ways to make every case of the contract harder. */
export const storeWays = {
  "cut replies": (store: SecretStore, faults: StoreFaults) => interrupted(store, faults, { type: "cut-after" }),
  "cut requests": (store: SecretStore, faults: StoreFaults) => interrupted(store, faults, { type: "cut-before" }),
  throttles: (store: SecretStore, faults: StoreFaults) => interrupted(store, faults, faults.throttled),
  "stale reads": stale,
  "two racing writers": doubled,
} satisfies Record<string, (store: SecretStore, faults: StoreFaults) => SecretStore>;

export type StoreWay = keyof typeof storeWays;
