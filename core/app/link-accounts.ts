import pLimit from "p-limit";
import type { TargetConfig } from "../config/complete.ts";
import { lookup } from "../config/lookup.ts";
import type { Cluster } from "../ports/cluster.ts";
import { PortError } from "../ports/errors.ts";
import type { Problem } from "../protocol/home-state.ts";
import { credentialOf, type TickInputs } from "./settings.ts";
import type { Tools } from "./tools.ts";

const namedMax = 5;

interface Failed {
  readonly place: string;
  readonly why: string;
}

export interface LinkedAccounts {
  readonly problems: readonly Problem[];
  /** Named, and not there: waited for. */
  readonly absent: number;
}

/**
 * Sees to it that the ServiceAccounts which targets name have the pull Secret in their list, at the clusters
 * of one site. Nothing is remembered: whatever was taken out comes back. An account that is not there is
 * waited for; what fails is named and stops nothing. Only pods made later take the list over.
 */
export async function linkAccounts(
  tools: Tools,
  credential: string,
  site: string,
  { deadlineMs, signal }: Pick<TickInputs, "deadlineMs" | "signal">,
): Promise<LinkedAccounts> {
  const { targets, limits } = credentialOf(tools.config, credential);
  const failed: Failed[] = [];
  let absent = 0;
  const work = targets
    .filter(({ serviceAccounts }) => serviceAccounts.length > 0)
    .flatMap((target) => target.clusters.map((cluster) => ({ target, cluster })))
    .filter(({ cluster }) => lookup(tools.config.clusters, cluster)?.site === site);
  await Promise.all(
    work.map(async ({ target, cluster }) => {
      const port = tools.ports.clusters[cluster];
      if (port === undefined) return;
      const limit = pLimit(limits.concurrencyPerClusterMax);
      const isOver = () => tools.clock.nowMs() >= deadlineMs || signal?.aborted === true;
      const note = (place: string, error: unknown) => {
        if (!(error instanceof PortError)) throw error;
        // It is made by a controller, or by its owner, and served by a later tick.
        if (error.kind === "not-found") absent += 1;
        else failed.push({ place: `${cluster}/${place}`, why: error.message });
        return error.kind;
      };
      let dark = false;
      const link = async (namespace: string, account: string) => {
        if (dark || isOver()) return;
        await port.linkPullSecret(namespace, account, target.secret).catch((error: unknown) => {
          dark = note(`${namespace}/${account}`, error) === "unreachable";
        });
      };
      const namespaces = await openNamespaces(port, target).catch((error: unknown) => {
        note("namespaces", error);
        return [];
      });
      const places = namespaces.flatMap((name) => target.serviceAccounts.map((account) => [name, account] as const));
      await Promise.all(places.map(([namespace, account]) => limit(link, namespace, account)));
    }),
  );
  return { problems: failed.length === 0 ? [] : [problemOf(failed)], absent };
}

async function openNamespaces(cluster: Cluster, { namespaces }: TargetConfig): Promise<readonly string[]> {
  const found = await cluster.listNamespaces(namespaces);
  return found.filter(({ terminating }) => !terminating).map(({ name }) => name);
}

function problemOf(failed: readonly Failed[]): Problem {
  const shown = failed.slice(0, namedMax).map(({ place, why }) => `${place} (${why})`);
  const more = failed.length > namedMax ? ` and ${failed.length - namedMax} more` : "";
  const text = `ServiceAccounts without the pull Secret in their list: ${shown.join("; ")}${more}`;
  return { code: "account-unlinked", text, blocks: false };
}
