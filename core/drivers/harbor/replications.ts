import type { Api } from "./api.ts";
import { pagesOf } from "./pages.ts";
import { executionsReply, policiesReply } from "./replies.ts";

const operation = "replications";
async function policiesOf(api: Api, endpointId: number): Promise<readonly number[]> {
  const found: number[] = [];
  const right = "replication-policy:list at system";
  for await (const rows of pagesOf(api, { operation, path: "/replication/policies", right, shape: policiesReply })) {
    const own = rows.filter((row) => row.src_registry?.id === endpointId || row.dest_registry?.id === endpointId);
    found.push(...own.map(({ id }) => id));
  }
  return found;
}

/**
 * The id of an execution with this endpoint that was begun by `atMs` and has not ended; null: none. It carries the
 * login that the endpoint had then, and goes on with it whatever is changed since (harbor.md §10.38).
 */
export async function runningBefore(api: Api, endpointId: number, atMs: number): Promise<number | null> {
  for (const policy of await policiesOf(api, endpointId)) {
    const path = `/replication/executions?policy_id=${policy}&status=InProgress`;
    const right = "replication:list at system";
    for await (const rows of pagesOf(api, { operation, path, right, shape: executionsReply })) {
      // `Date` is cut to the second.
      const old = rows.find(({ start_time: start }) => Date.parse(start) < atMs + 1000);
      if (old !== undefined) return old.id;
    }
  }
  return null;
}
