import pLimit from "p-limit";
import type { Config, TargetConfig } from "../config/complete.ts";
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
 * of one site. Whatever was taken out comes back. An entry that we added and that no target asks for any more is taken
 * out where its Secret is gone. An account that is not there is waited for; what fails is named and stops nothing. Only
 * pods made later take the list over.
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
        const place = `${namespace}/${account}`;
        const { added } = await port.linkPullSecret(namespace, account, target.secret).catch((error: unknown) => {
          dark = note(place, error) === "unreachable";
          return { added: [] };
        });
        for (const secret of added) {
          if (isAskedFor(tools.config, cluster, account, secret)) continue;
          // Whoever may not look for the Secret leaves the entry: it does no harm.
          await port.unlinkPullSecret(namespace, account, secret).catch((error: unknown) => {
            if (!(error instanceof PortError && error.kind === "denied")) note(place, error);
          });
        }
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

/** By any target of the file, in whatever namespace: only then can an entry have been forgotten. */
function isAskedFor({ credentials }: Config, cluster: string, account: string, secret: string): boolean {
  return Object.values(credentials).some(({ targets }) =>
    targets.some(
      (target) =>
        target.secret === secret && target.clusters.includes(cluster) && target.serviceAccounts.includes(account),
    ),
  );
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
