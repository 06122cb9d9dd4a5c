import type { CloudName } from "../facts.ts";
import type { FaultAction, FaultRule } from "../faults.ts";
import type { ActiveFault, DemoStage } from "./stage.ts";

const clouds: readonly CloudName[] = ["aws", "azure", "gcp"];
const ticksMin = 2;

export type Rule = Omit<FaultRule, "onHit">;

interface Noted {
  readonly kills?: CloudName;
  readonly lasts?: boolean;
  /** Called at every hit; the request goes on when it is done. */
  readonly also?: () => Promise<unknown>;
}

/** Notes when a rule first hit and when it was over. */
export function noted(stage: DemoStage, rule: Rule, options: Noted): ActiveFault {
  let firstMs: number | null = null;
  let healedMs: number | null = null;
  let ticksAtStart: readonly number[] = [];
  const set = stage.sandbox.faults.set({
    ...rule,
    async onHit() {
      if (firstMs === null) {
        firstMs = stage.nowMs();
        ticksAtStart = clouds.map((cloud) => stage.ticks(cloud));
      }
      if (options.kills !== undefined) stage.kill(options.kills);
      if (!options.lasts) healedMs = stage.nowMs();
      await options.also?.();
    },
  });
  return {
    fired: set.hits,
    firstMs: () => firstMs,
    healedMs: () => healedMs,
    look() {
      if (!options.lasts || firstMs === null || healedMs !== null) return;
      // One more than asked for: the tick under way when it began is not a whole one.
      const lasted = clouds.every((cloud, i) => stage.ticks(cloud) - (ticksAtStart[i] ?? 0) > ticksMin);
      if (!lasted || stage.nowMs() - firstMs < stage.lastsMsMin) return;
      set.remove();
      healedMs = stage.nowMs();
    },
  };
}

export const once = (rule: Omit<Rule, "times">): Rule => ({ ...rule, times: 1 });
export const cutAfter: FaultAction = { type: "cut-after" };
