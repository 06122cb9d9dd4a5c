import { Pool } from "undici";
import { PodSecrets } from "./pod-secrets.ts";
import { type PullRecord, pullPod } from "./pull-pod.ts";
import { PullTurns } from "./pull-turns.ts";
import { startRhythm } from "./rhythm.ts";
import { type PullStats, PullTally } from "./tally.ts";

const connectionsPerServer = 32;

export interface PulledCluster {
  readonly name: string;
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  readonly caPem: string;
  /** Bearer token that may read the Secrets. */
  readonly token: string;
  /** A function is asked again and again: namespaces come and go. */
  readonly namespaces: readonly string[] | (() => readonly string[]);
}

export interface PullersOptions {
  readonly clusters: readonly PulledCluster[];
  readonly registry: {
    /** Where the registry is reached. */
    readonly endpoint: string;
    /** `host[:port]` as image names and pull Secrets spell it. */
    readonly host: string;
    readonly caPem?: string;
  };
  /** `host/project/repository:tag` */
  readonly image: string;
  /** The pods' `imagePullSecrets`, in order. */
  readonly secretName: string | readonly string[];
  /** Mean interval between two pulls of one namespace, milliseconds. */
  readonly paceMs: number;
  /** Pulls that begin within a second at most, those outside the rhythm included. Absent: as many as come. */
  readonly pullsPerSecondMax?: number;
  /** [0, 1) */
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly onPull?: (record: PullRecord) => void;
}

export interface Pullers {
  stats(): PullStats;
  /** One pull outside the rhythm, counted like all others. Throws for a cluster that is not there. */
  pullOnce(cluster: string, namespace: string): Promise<PullRecord>;
  /** No new pull; those on their way are waited for and counted. */
  stop(): Promise<void>;
}

/**
 * Pods that start again and again, one at a time in every namespace, each on a node of its own without
 * cache, mirror or back-off: every start is a whole pull (pulls.md §6).
 */
export function startPullers(options: PullersOptions): Pullers {
  const { host } = options.registry;
  const named = /^(.+?)\/(.+):([^:/]+)$/.exec(options.image);
  const [, imageHost, repository = "", tag = ""] = named ?? [];
  if (imageHost !== host) throw new Error(`image ${options.image} is not ${host}/<project>/<repository>:<tag>`);
  const registryPool = createPool(options.registry.endpoint, options.registry.caPem);
  const clusters = new Map(
    options.clusters.map((cluster) => {
      const pool = createPool(cluster.server, cluster.caPem);
      return [cluster.name, { pool, secrets: new PodSecrets(pool, cluster.token) }];
    }),
  );
  const registry = {
    dispatcher: registryPool,
    repository,
    tag,
    userAgent: "containerd/v2.4.2",
    nowMs: options.nowMs,
  };
  const secretNames = typeof options.secretName === "string" ? [options.secretName] : options.secretName;
  const tally = new PullTally();
  const turns = new PullTurns(options.pullsPerSecondMax ?? Number.POSITIVE_INFINITY);

  async function pullOnce(cluster: string, namespace: string): Promise<PullRecord> {
    await turns.next();
    return pullNow(cluster, namespace);
  }

  async function pullNow(cluster: string, namespace: string): Promise<PullRecord> {
    const found = clusters.get(cluster);
    if (found === undefined) throw new Error(`no cluster ${cluster}`);
    const record = await pullPod({
      cluster,
      namespace,
      secretNames,
      secrets: found.secrets,
      image: options.image,
      registry,
    });
    tally.add(record);
    options.onPull?.(record);
    return record;
  }

  const rhythm = startRhythm(options, async (cluster, namespace, stopping) => {
    await turns.next(stopping);
    if (!stopping.aborted) await pullNow(cluster, namespace);
  });
  const pools = [registryPool, ...[...clusters.values()].map(({ pool }) => pool)];
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    await rhythm.stop();
    await Promise.all(pools.map((pool) => pool.close()));
  };
  return {
    stats: () => tally.stats(),
    pullOnce,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function createPool(origin: string, caPem: string | undefined): Pool {
  return new Pool(origin, {
    connections: connectionsPerServer,
    ...(caPem === undefined ? {} : { connect: { ca: caPem } }),
  });
}
