import { type CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { LinkResult } from "../../ports/cluster.ts";
import { PortError } from "../../ports/errors.ts";

const asMerge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const triesMax = 3;

/**
 * One more name in an account's `imagePullSecrets`, a list that no kind of patch merges (transcripts
 * service-accounts): read, then write the list, and nothing else, under the version read. Whoever writes in
 * between is read again. Throws `conflict` where that never ends.
 */
export async function linkPullSecret(
  api: CoreV1Api,
  namespace: string,
  name: string,
  secret: string,
): Promise<LinkResult> {
  for (let tries = 1; ; tries += 1) {
    const { metadata, imagePullSecrets = [] } = await api.readNamespacedServiceAccount({ namespace, name });
    if (imagePullSecrets.some((entry) => entry.name === secret)) return "present";
    const body = {
      metadata: { resourceVersion: metadata?.resourceVersion },
      imagePullSecrets: [...imagePullSecrets, { name: secret }],
    };
    try {
      await api.patchNamespacedServiceAccount({ namespace, name, body }, asMerge);
      return "linked";
    } catch (error) {
      const stale = error instanceof PortError && error.reason === "stale-writer";
      if (!stale || tries >= triesMax) throw error;
    }
  }
}
