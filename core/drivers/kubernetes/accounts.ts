import { type CoreV1Api, PatchStrategy, setHeaderOptions, type V1ServiceAccount } from "@kubernetes/client-node";
import type { LinkResult, UnlinkResult } from "../../ports/cluster.ts";
import { PortError } from "../../ports/errors.ts";
import { itemsIn } from "./list-items.ts";

const asMerge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const asMetadata = setHeaderOptions("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
const triesMax = 3;

interface Account {
  readonly namespace: string;
  readonly name: string;
}

interface Lists {
  /** `imagePullSecrets`, in its order. */
  readonly entries: readonly string[];
  /** Which of them this installation put there: an annotation of the account remembers it. */
  readonly added: readonly string[];
}

/**
 * One more name in an account's `imagePullSecrets`, a list that no kind of patch merges (transcripts
 * service-accounts): read, then write the list and our annotation, and nothing else, under the version read. Whoever
 * writes in between is read again. Throws `conflict` where that never ends.
 */
export async function linkPullSecret(
  api: CoreV1Api,
  fieldManager: string,
  account: Account,
  secret: string,
): Promise<LinkResult> {
  let was: LinkResult["is"] = "linked";
  const { added } = await change(api, fieldManager, account, ({ entries, added: before }) => {
    was = entries.includes(secret) ? "present" : "linked";
    return was === "present" ? null : { entries: [...entries, secret], added: [...before, secret] };
  });
  return { is: was, added };
}

/** As `Cluster.unlinkPullSecret`. A pod that names a Secret which is not there pulls as if it did not. */
export async function unlinkPullSecret(
  api: CoreV1Api,
  fieldManager: string,
  account: Account,
  secret: string,
): Promise<UnlinkResult> {
  if (!(await isGone(api, account.namespace, secret))) return "kept";
  let was: UnlinkResult = "kept";
  const others = (names: readonly string[]) => names.filter((name) => name !== secret);
  await change(api, fieldManager, account, ({ entries, added }) => {
    was = added.includes(secret) ? "unlinked" : "kept";
    return was === "kept" ? null : { entries: others(entries), added: others(added) };
  });
  return was;
}

/** Null: nothing is to be written. What stands there in the end is returned. */
async function change(
  api: CoreV1Api,
  fieldManager: string,
  { namespace, name }: Account,
  wanted: (before: Lists) => Lists | null,
): Promise<Lists> {
  const key = `linked.capstan.dev/${fieldManager}`;
  for (let tries = 1; ; tries += 1) {
    const found = await api.readNamespacedServiceAccount({ namespace, name });
    const before = listsOf(found, key);
    const after = wanted(before);
    if (after === null) return before;
    const { imagePullSecrets = [] } = found;
    const body = {
      metadata: {
        resourceVersion: found.metadata?.resourceVersion,
        annotations: { [key]: after.added.length === 0 ? null : after.added.join(",") },
      },
      // Those that stay, as they are.
      imagePullSecrets: after.entries.map(
        (entry) => imagePullSecrets.find((one) => one.name === entry) ?? { name: entry },
      ),
    };
    try {
      await api.patchNamespacedServiceAccount({ namespace, name, body }, asMerge);
      return after;
    } catch (error) {
      const stale = error instanceof PortError && error.reason === "stale-writer";
      if (!stale || tries >= triesMax) throw error;
    }
  }
}

function listsOf({ metadata, imagePullSecrets = [] }: V1ServiceAccount, key: string): Lists {
  const entries = imagePullSecrets.flatMap(({ name }) => (name === undefined ? [] : [name]));
  // One that somebody took out, and maybe put in again as theirs, is not ours any more.
  const added = (metadata?.annotations?.[key] ?? "").split(",").filter((name) => entries.includes(name));
  return { entries, added };
}

/** Read by name, or, where only listing is allowed, looked for in a listing of that one name. */
async function isGone(api: CoreV1Api, namespace: string, name: string): Promise<boolean> {
  try {
    await api.readNamespacedSecret({ namespace, name });
    return false;
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    if (error.kind === "not-found") return true;
    if (error.reason !== "missing-right") throw error;
  }
  const fieldSelector = `metadata.name=${name}`;
  return itemsIn(await api.listNamespacedSecret({ namespace, fieldSelector, limit: 1 }, asMetadata))?.length === 0;
}
