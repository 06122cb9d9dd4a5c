import type { PortError } from "../../ports/errors.ts";
import type { LogLine } from "../log.ts";
import type { Tools } from "../tools.ts";
import { followNamespaces } from "./follow-namespaces.ts";
import type { News } from "./news.ts";
import { randomOf } from "./pace.ts";
import { watchedBy, watchesMax } from "./watched.ts";

/** Begins to watch what these sites' targets depend on; goes on until `signal` fires. `failed` is told of defects. */
export function startWatches(
  tools: Tools,
  sites: readonly string[],
  news: News,
  signal: AbortSignal,
  failed: (defect: unknown) => void,
): void {
  const { clock, entropy, config, log } = tools;
  const say = (level: LogLine["level"], message: string, code: string, on: string) =>
    log({ level, message, tick: "agent", code, on });
  const all = watchedBy(config, sites);
  if (all.length > watchesMax) {
    const why = `${all.length} label selectors: ${watchesMax} are watched, the others seen by the schedule`;
    say("warn", why, "watches-many", sites.join(", "));
  }
  for (const { cluster, labelSelector, credentialsFor } of all.slice(0, watchesMax)) {
    const watch = tools.watches[cluster];
    if (watch === undefined) continue;
    const broke = ({ message, kind }: PortError) =>
      say(kind === "denied" ? "error" : "warn", message, "watch-broken", cluster);
    const added = (name: string) => {
      const credentials = credentialsFor(name);
      if (credentials.length > 0) say("debug", `namespace ${name} came up`, "namespace-added", cluster);
      news.add(credentials);
    };
    const random = () => randomOf(entropy);
    followNamespaces({ watch, labelSelector, clock, signal, random, added, broke }).catch(failed);
  }
}
