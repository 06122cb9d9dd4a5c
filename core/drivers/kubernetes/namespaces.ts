import { type CoreV1Api, setHeaderOptions, type V1Namespace, type V1NamespaceList } from "@kubernetes/client-node";
import type { NamespaceFacts, NamespaceQuery } from "../../ports/cluster.ts";
import { PortError } from "../../ports/errors.ts";
import { ExpiredPageError } from "./failures.ts";
import { itemsOf } from "./list-items.ts";
import { checkNamespace, nextToken } from "./reply-shapes.ts";

/** Reads of single namespaces at the same time. */
const readsMax = 8;
/** As many as a cluster is made for (Kubernetes, "Considerations for large clusters"): one page, a few MB of metadata. */
export const namespacesPageSize = 10_000;
const pagesMax = 200;
/** A name and whether it is going away: that is metadata. */
const asMetadata = setHeaderOptions("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");

/**
 * By names: each is read (needs no right to list them all). By selector: all pages. Sorted by name;
 * what does not exist is left out.
 */
export async function listNamespaces(
  api: CoreV1Api,
  query: NamespaceQuery,
  { system, pageSize }: { readonly system: string; readonly pageSize: number },
): Promise<readonly NamespaceFacts[]> {
  if (query.by === "names") return sorted(await readEach(api, [...new Set(query.names)], system));
  const operation = "namespaces.list";
  const found: NamespaceFacts[] = [];
  let token: string | null = null;
  let pages = 0;
  do {
    pages += 1;
    if (pages > pagesMax) {
      const message = `${system}: ${operation}: more than ${pagesMax} pages`;
      throw new PortError("invalid", message, { system, operation, reason: "too-large" });
    }
    const list = await readPage(api, query.labelSelector, pageSize, token ?? undefined);
    for (const namespace of itemsOf(list, system, operation)) {
      checkNamespace(system, operation, namespace);
      found.push(factsOf(namespace));
    }
    token = nextToken(system, operation, list.metadata?._continue, token);
  } while (token !== null);
  const once = new Map(found.map((facts) => [facts.name, facts]));
  return sorted([...once.values()].filter(({ name }) => !query.except.includes(name)));
}

async function readPage(
  api: CoreV1Api,
  labelSelector: string,
  limit: number,
  token: string | undefined,
): Promise<V1NamespaceList> {
  const page = (from: string | undefined) =>
    api.listNamespace({ labelSelector, limit, ...(from === undefined ? {} : { _continue: from }) }, asMetadata);
  try {
    return await page(token);
  } catch (error) {
    if (error instanceof ExpiredPageError && error.continueToken !== null) return page(error.continueToken);
    throw error;
  }
}

async function readEach(api: CoreV1Api, names: readonly string[], system: string): Promise<NamespaceFacts[]> {
  const found: NamespaceFacts[] = [];
  for (let from = 0; from < names.length; from += readsMax) {
    const reads = names.slice(from, from + readsMax).map(async (name) => {
      try {
        const namespace = await api.readNamespace({ name });
        checkNamespace(system, "namespaces.get", namespace, { name });
        return [factsOf(namespace)];
      } catch (error) {
        if (error instanceof PortError && error.kind === "not-found") return [];
        throw error;
      }
    });
    found.push(...(await Promise.all(reads)).flat());
  }
  return found;
}

function factsOf({ metadata, status }: V1Namespace): NamespaceFacts {
  const terminating = metadata?.deletionTimestamp !== undefined || status?.phase === "Terminating";
  return { name: metadata?.name ?? "", terminating };
}

const sorted = (facts: readonly NamespaceFacts[]) => [...facts].sort((a, b) => (a.name < b.name ? -1 : 1));
