import { putOver } from "../overlapping-put.ts";
import { cutAfter, noted, once } from "./noted.ts";
import type { DemoFault } from "./stage.ts";

/** Until the PUT is written: a first proof of the refresh finds the new secret. */
const putRowMs = 3_000;

const only = "alternating";
const refresh = { part: "harbor", kind: "robot.refresh" } as const;

/** What can go wrong where robots are kept and their secrets refreshed. */
export const refreshFaults: readonly DemoFault[] = [
  {
    name: "crash-after-refresh",
    line: "home's function is killed when Harbor has taken the new secret and before it hears so",
    only,
    begin: (stage) => noted(stage, once({ ...refresh, action: cutAfter }), { kills: "aws" }),
  },
  {
    name: "lost-reply-refresh",
    line: "Harbor takes the new secret, and its answer is lost",
    only,
    begin: (stage) => noted(stage, once({ ...refresh, action: cutAfter }), {}),
  },
  {
    name: "overlapping-put",
    line: "somebody's PUT overlaps the refresh and brings the old secret back; Harbor answers 200 to both",
    only,
    begin(stage) {
      let path = "";
      const when = (request: { readonly path: string }): boolean => {
        path = request.path;
        return true;
      };
      const rule = once({ ...refresh, when, action: { type: "delay", delayMs: 0 } });
      return noted(stage, rule, { also: () => putOver(stage.sandbox, path, putRowMs) });
    },
  },
];
