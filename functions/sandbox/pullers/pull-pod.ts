import { type Login, MalformedPullSecretError, matchingLogins } from "../../../core/pullsecret/index.ts";
import type { PodSecrets } from "./pod-secrets.ts";
import { type PullCause, PullFailure } from "./pull-failure.ts";
import { pullImage, type Registry } from "./pull-image.ts";

export interface PullRecord {
  readonly cluster: string;
  readonly namespace: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly ok: boolean;
  /** Name of the login that succeeded; null: none did, or an anonymous pull did. */
  readonly username: string | null;
  /** Logins tried, an anonymous try included. */
  readonly tries: number;
  /** The API server was dark: the Secret is the one read last. */
  readonly held: boolean;
  /** Why each failed try failed, in order. Not empty and `ok`: a degraded pull. */
  readonly causes: readonly PullCause[];
}

export interface Pod {
  readonly cluster: string;
  readonly namespace: string;
  /** In the pod's order. */
  readonly secretNames: readonly string[];
  readonly secrets: PodSecrets;
  readonly image: string;
  readonly registry: Registry;
}

/**
 * One pod that starts: its Secrets are read once, kubelet's rules pick and order the logins, each is
 * tried by one whole pull until one succeeds; a malformed Secret fails the pod before any pull.
 */
export async function pullPod(pod: Pod): Promise<PullRecord> {
  const { nowMs } = pod.registry;
  const startedMs = nowMs();
  const reads = await Promise.all(pod.secretNames.map((name) => pod.secrets.read(pod.namespace, name)));
  const causes: PullCause[] = [];
  const record = (ok: boolean, username: string | null, tries: number): PullRecord => ({
    cluster: pod.cluster,
    namespace: pod.namespace,
    startedMs,
    endedMs: nowMs(),
    ok,
    username,
    tries,
    held: reads.some((read) => read.held),
    causes,
  });

  let logins: readonly (Login | null)[];
  try {
    const contents = reads.map((read) => read.content);
    logins = matchingLogins(contents, pod.image);
  } catch (error) {
    if (!(error instanceof MalformedPullSecretError)) throw error;
    causes.push({ stage: "secret", status: null, detail: error.message, username: null });
    return record(false, null, 0);
  }
  const tries = logins.length === 0 ? [null] : logins;
  for (const [at, login] of tries.entries()) {
    try {
      await pullImage(pod.registry, login);
      return record(true, login?.username ?? null, at + 1);
    } catch (error) {
      if (!(error instanceof PullFailure)) throw error;
      const { stage, status, detail } = error;
      causes.push({ stage, status, detail, username: login?.username ?? null });
    }
  }
  return record(false, null, tries.length);
}
