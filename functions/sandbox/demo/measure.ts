import type { HomeLedger } from "../../../core/protocol/state.ts";
import type { PullRecord } from "../pullers/pull-pod.ts";
import { type Phase, phaseOf } from "./ledger-view.ts";
import type { CloudWrites } from "./store-writes.ts";

/** One rotation as seen from outside. Times in milliseconds since the epoch. */
export interface RotationSeen {
  readonly askedMs: number;
  /** Pulls with the old robot count from here on: it was the only one. */
  readonly fromMs: number;
  /** The ledger's epoch when it was asked for. */
  readonly epochBefore: number;
  readonly newUsername: string;
  readonly oldUsername: string;
  readonly promotedMs: number;
  /** The old robot was deleted at Harbor, or its secret thrown away. */
  readonly endedMs: number;
  /** The last bearer that Harbor gave for it ends; null: it gave none. */
  readonly oldBearersEndMs: number | null;
  /** Of values and ledgers, from the asking until all was over. */
  readonly writes: CloudWrites;
}

/** Pulls of one namespace in one rotation, by where they stand in it. */
interface Windows {
  before: number;
  between: number;
  after: number;
}

/** Keeps every pull in the terms in which the demo reports them. */
export class PullLedger {
  readonly #records: { readonly record: PullRecord; readonly phase: Phase }[] = [];
  /** `<cluster>/<namespace> <username>` → when the last good pull began. */
  readonly #lastMs = new Map<string, number>();

  /** Called when a pull is over; what counts is the phase in which it began. */
  add(record: PullRecord, phases: readonly { readonly fromMs: number; readonly phase: Phase }[]): void {
    const began = phases.findLast(({ fromMs }) => fromMs <= record.startedMs) ?? phases[0];
    this.#records.push({ record, phase: began?.phase ?? "idle" });
    if (!record.ok) return;
    const key = `${record.cluster}/${record.namespace} ${record.username}`;
    this.#lastMs.set(key, Math.max(record.startedMs, this.#lastMs.get(key) ?? 0));
  }

  /** Has a good pull with this login begun there since then? `namespace`: `<cluster>/<namespace>`. */
  hasPulled(namespace: string, username: string, sinceMs: number): boolean {
    return (this.#lastMs.get(`${namespace} ${username}`) ?? Number.NEGATIVE_INFINITY) >= sinceMs;
  }

  byPhase(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { phase } of this.#records) counts[phase] = (counts[phase] ?? 0) + 1;
    return counts;
  }

  /**
   * Least number of pulls that any namespace made in any rotation, and namespaces that missed one of
   * its three parts: with the old robot while it was the only one; with the new one while the old one
   * lived; after the old one was gone.
   */
  perNamespace(
    namespaces: readonly string[],
    rotations: readonly RotationSeen[],
    endMs: number,
  ): { readonly min: number; readonly missed: readonly string[] } {
    let min = Number.POSITIVE_INFINITY;
    const missed: string[] = [];
    rotations.forEach((rotation, i) => {
      const untilMs = rotations[i + 1]?.askedMs ?? endMs;
      const windows = new Map<string, Windows>(namespaces.map((name) => [name, { before: 0, between: 0, after: 0 }]));
      for (const { record } of this.#records) {
        if (record.startedMs < rotation.fromMs || record.startedMs >= untilMs) continue;
        const seen = windows.get(`${record.cluster}/${record.namespace}`);
        if (seen === undefined) continue;
        if (record.startedMs >= rotation.endedMs) seen.after += 1;
        else if (record.username === rotation.oldUsername) seen.before += 1;
        else if (record.username === rotation.newUsername) seen.between += 1;
      }
      for (const [name, { before, between, after }] of windows) {
        min = Math.min(min, before + between + after);
        if (before === 0 || between === 0 || after === 0)
          missed.push(`rotation ${i + 1}: ${name} (${before}, ${between}, ${after})`);
      }
    });
    return { min: Number.isFinite(min) ? min : 0, missed };
  }
}

/** Which phase the home's ledger was in, from when on; and the moments that a report needs. */
export class PhaseLog {
  readonly entries: { readonly fromMs: number; readonly phase: Phase }[] = [];
  #last: HomeLedger | null = null;

  /** Takes a look; true when something changed that is worth a line. */
  look(ledger: HomeLedger | null, nowMs: number): boolean {
    const phase = phaseOf(ledger);
    const moved = this.entries.at(-1)?.phase !== phase;
    if (moved) this.entries.push({ fromMs: nowMs, phase });
    const changed =
      moved || this.#last?.epoch !== ledger?.epoch || this.#last?.replaced.length !== ledger?.replaced.length;
    this.#last = ledger;
    return changed;
  }
}
