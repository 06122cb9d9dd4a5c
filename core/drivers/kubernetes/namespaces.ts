import type { NamespaceFacts, NamespaceQuery } from "../../ports/cluster.ts";
import { PortError } from "../../ports/errors.ts";
import type { ApiClient } from "./client.ts";
import { itemsOf } from "./list-items.ts";
import { checkNamespace, type NamespaceObject, tokenAfter } from "./reply-shapes.ts";
import { getPage } from "./secrets.ts";

/** Reads of single namespaces at the same time. */
const readsMax = 8;
/** As many as a cluster is made for (Kubernetes, "Considerations for large clusters"): one page, a few MB of metadata. */
export const namespacesPageSize = 10_000;
const pagesMax = 200;
/** A name and whether it is going away: that is metadata. */
const asMetadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const resource = "namespaces";

/**
 * By names: each is read (needs no right to list them all). By selector: all pages. Sorted by name;
 * what does not exist is left out.
 */
export async function listNamespaces(
  client: ApiClient,
  query: NamespaceQuery,
  pageSize: number,
): Promise<readonly NamespaceFacts[]> {
  const { system } = client;
  if (query.by === "names") return sorted(await readEach(client, [...new Set(query.names)]));
  const { labelSelector } = query;
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
    const page = { labelSelector, limit: pageSize, continueToken: token };
    const list = await getPage(client, "/api/v1/namespaces", { resource, accept: asMetadata }, page);
    for (const namespace of itemsOf(list, system, operation))
      found.push(factsOf(checkNamespace(system, operation, namespace)));
    token = tokenAfter(system, operation, list, token);
  } while (token !== null);
  const once = new Map(found.map((facts) => [facts.name, facts]));
  return sorted([...once.values()].filter(({ name }) => !query.except.includes(name)));
}

async function readEach(client: ApiClient, names: readonly string[]): Promise<NamespaceFacts[]> {
  const { system } = client;
  const call = { system, operation: "namespaces.get", resource, method: "GET" } as const;
  const found: NamespaceFacts[] = [];
  for (let from = 0; from < names.length; from += readsMax) {
    const reads = names.slice(from, from + readsMax).map(async (name) => {
      try {
        const path = `/api/v1/namespaces/${encodeURIComponent(name)}`;
        const { json } = await client.send({ ...call, subject: name, path });
        return [factsOf(checkNamespace(system, call.operation, json, { name }))];
      } catch (error) {
        if (error instanceof PortError && error.kind === "not-found") return [];
        throw error;
      }
    });
    found.push(...(await Promise.all(reads)).flat());
  }
  return found;
}

function factsOf({ metadata, status }: NamespaceObject): NamespaceFacts {
  const terminating = (metadata.deletionTimestamp ?? null) !== null || status?.phase === "Terminating";
  return { name: metadata.name, terminating };
}

const sorted = (facts: readonly NamespaceFacts[]) => [...facts].sort((a, b) => (a.name < b.name ? -1 : 1));
