import { setTimeout as sleep } from "node:timers/promises";
import type { HarborContext } from "./context.ts";
import { askRemote, type RemoteLogin } from "./endpoint-check.ts";
import { repositoryOf, sha256Digest } from "./images.ts";
import type { ReplicationExecution, ReplicationPolicyRow, ReplicationTask } from "./replication-state.ts";
import { nextId } from "./state.ts";

interface Manifest {
  readonly mediaType: string;
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

class RemoteRefusal extends Error {}

async function need(remote: RemoteLogin, method: string, path: string, body?: Buffer, type?: string) {
  const reply = await askRemote(remote, method, path, body, type);
  const bytes = Buffer.from(await reply.arrayBuffer());
  if (reply.status >= 400)
    throw new RemoteRefusal(`http status code: ${reply.status}, body: ${bytes.toString("utf8")}`);
  return { reply, bytes };
}

function wantedName(policy: ReplicationPolicyRow): string {
  return String(policy.filters.find(({ type }) => type === "name")?.value ?? "");
}

function destinationOf(policy: ReplicationPolicyRow, source: string): string {
  const rest = source.split("/").slice(1).join("/");
  return policy.destinationNamespace === "" ? source : `${policy.destinationNamespace}/${rest}`;
}

/** Pulling: what the remote shows to this credential; a dead one is anonymous there and sees nothing private (harbor.md §10.54). */
async function remoteTags(remote: RemoteLogin, name: string): Promise<readonly string[]> {
  const reply = await askRemote(remote, "GET", `/v2/${name}/tags/list`);
  if (reply.status !== 200) {
    await reply.arrayBuffer();
    return [];
  }
  return ((await reply.json()) as { tags: readonly string[] }).tags;
}

/** Pushing: the project must be there, or be made (recorded in 13: the remote's 401 fails the execution before any task). */
async function needProject(remote: RemoteLogin, name: string): Promise<void> {
  const query = encodeURIComponent(`name=${name}`);
  const { bytes } = await need(remote, "GET", `/api/v2.0/projects?q=${query}`);
  const found = JSON.parse(bytes.toString("utf8")) as readonly { readonly name: string }[];
  if (found.length > 0) return;
  const body = Buffer.from(JSON.stringify({ project_name: name, metadata: { public: "false" } }));
  await need(remote, "POST", "/api/v2.0/projects", body, "application/json");
}

async function pullTag(context: HarborContext, task: ReplicationTask, tag: string): Promise<void> {
  const { bytes } = await need(task.endpoint, "GET", `/v2/${task.source}/manifests/${tag}`);
  const manifest = JSON.parse(bytes.toString("utf8")) as Manifest;
  const stored = repositoryOf(context.state, task.destination);
  for (const { digest } of [manifest.config, ...manifest.layers]) {
    if (stored.blobs.has(digest)) continue;
    stored.blobs.set(digest, (await need(task.endpoint, "GET", `/v2/${task.source}/blobs/${digest}`)).bytes);
  }
  const digest = sha256Digest(bytes);
  stored.manifests.set(digest, bytes);
  stored.tags.set(tag, digest);
}

async function pushTag(context: HarborContext, task: ReplicationTask, tag: string): Promise<void> {
  const stored = repositoryOf(context.state, task.source);
  const bytes = stored.manifests.get(stored.tags.get(tag) ?? "");
  if (bytes === undefined) return;
  const path = `/v2/${task.destination}`;
  const there = await askRemote(task.endpoint, "HEAD", `${path}/manifests/${tag}`);
  if (there.status === 200) return;
  if (there.status !== 404) throw new RemoteRefusal(`http status code: ${there.status}, body: `);
  const manifest = JSON.parse(bytes.toString("utf8")) as Manifest;
  for (const { digest } of [manifest.config, ...manifest.layers]) {
    const { reply } = await need(task.endpoint, "POST", `${path}/blobs/uploads/`);
    const location = new URL(reply.headers.get("location") ?? "", task.endpoint.url);
    location.searchParams.set("digest", digest);
    await need(task.endpoint, "PUT", location.pathname + location.search, stored.blobs.get(digest));
  }
  await need(task.endpoint, "PUT", `${path}/manifests/${tag}`, bytes, manifest.mediaType);
}

async function runTask(
  context: HarborContext,
  policy: ReplicationPolicyRow,
  task: ReplicationTask,
  isStopped: () => boolean,
): Promise<void> {
  while (context.state.replication.held && !isStopped()) await sleep(5);
  task.status = isStopped() ? "Stopped" : "InProgress";
  if (isStopped()) return;
  try {
    for (const tag of task.tags) await (policy.sourceId === 0 ? pushTag : pullTag)(context, task, tag);
    task.status = "Succeed";
  } catch {
    // No retry, as recorded; the reason stands in a log that is not kept here.
    task.status = "Failed";
  }
  task.endedAtMs = context.nowMs();
}

/** Tasks with the endpoint's login as it is now: what is changed later does not reach them (harbor.md §10.38). */
async function prepare(context: HarborContext, policy: ReplicationPolicyRow): Promise<readonly ReplicationTask[]> {
  const { state } = context;
  const row = state.endpoints.find(({ id }) => id === policy.sourceId || id === policy.destinationId);
  if (row === undefined) throw new RemoteRefusal("the registry of the policy is gone");
  const endpoint = { url: row.url, accessKey: row.accessKey, accessSecret: row.accessSecret };
  const source = wantedName(policy);
  const destination = destinationOf(policy, source);
  const pushes = policy.sourceId === 0;
  const tags = pushes ? [...(state.repositories.get(source)?.tags.keys() ?? [])] : await remoteTags(endpoint, source);
  if (tags.length === 0) return [];
  if (pushes) await needProject(endpoint, destination.split("/")[0] ?? "");
  const times = { startedAtMs: context.nowMs(), endedAtMs: null };
  return [{ id: nextId(state, "task"), source, destination, tags, endpoint, status: "Pending", ...times }];
}

/** One execution from its start to its end. Names are matched literally: patterns in filters are left out. */
export async function runExecution(
  context: HarborContext,
  policy: ReplicationPolicyRow,
  execution: ReplicationExecution,
): Promise<void> {
  const isStopped = (): boolean => execution.status === "Stopped";
  try {
    execution.tasks.push(...(await prepare(context, policy)));
    if (execution.tasks.length === 0) execution.statusText = "no resources need to be replicated";
    for (const task of execution.tasks) await runTask(context, policy, task, isStopped);
    if (isStopped()) return;
    execution.status = execution.tasks.some(({ status }) => status === "Failed") ? "Failed" : "Succeed";
  } catch (error) {
    execution.status = "Failed";
    execution.statusText = error instanceof Error ? error.message : String(error);
  }
  execution.endedAtMs = context.nowMs();
}
