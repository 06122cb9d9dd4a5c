import type { Api } from "./api.ts";
import { executionsReply, policiesReply, readReply } from "./replies.ts";

const operation = "replications";
const pageSize = 100;
const pagesMax = 100;

async function* pages(api: Api, path: string, right: string) {
  for (let page = 1; page <= pagesMax; page += 1) {
    const query = `${path.includes("?") ? "&" : "?"}page=${page}&page_size=${pageSize}`;
    yield api.call({ method: "GET", path: `${path}${query}`, operation, right }, 200);
  }
}

async function policiesOf(api: Api, endpointId: number): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const reply of pages(api, "/replication/policies", "replication-policy:list at system")) {
    const rows = readReply(policiesReply, reply, operation);
    const own = rows.filter((row) => row.src_registry?.id === endpointId || row.dest_registry?.id === endpointId);
    found.push(...own.map(({ id }) => id));
    if (rows.length < pageSize) break;
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
    for await (const reply of pages(api, path, "replication:list at system")) {
      const rows = readReply(executionsReply, reply, operation);
      // `Date` is cut to the second.
      const old = rows.find(({ start_time: start }) => Date.parse(start) < atMs + 1000);
      if (old !== undefined) return old.id;
      if (rows.length < pageSize) break;
    }
  }
  return null;
}
