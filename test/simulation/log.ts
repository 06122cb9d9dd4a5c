import type { World } from "./world.ts";

/** What a history leaves behind: what broke, what was injected, and, where asked for, everything that happened. */
export class Log {
  readonly broken: string[] = [];
  readonly story: string[] = [];
  readonly faults: Record<string, number> = {};
  calls = 0;
  readonly #world: World;
  readonly #tell: boolean;

  constructor(world: World, tell: boolean) {
    this.#world = world;
    this.#tell = tell;
  }

  say(text: () => string): void {
    if (!this.#tell) return;
    const seconds = Math.round((this.#world.nowMs - 1_800_000_000_000) / 1000);
    this.story.push(`${String(seconds).padStart(7)} s  ${text()}`);
  }

  count(fault: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
  }
}
