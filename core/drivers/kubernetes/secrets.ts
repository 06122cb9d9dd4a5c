import { pullSecretType } from "../../pullsecret/index.ts";
import type { ApiClient, ApiReply } from "./client.ts";
import { dockerKey } from "./facts.ts";
import { ExpiredPageError } from "./failures.ts";

export interface ListPage {
  readonly labelSelector: string;
  readonly limit: number;
  /** Null: the first page. */
  readonly continueToken: string | null;
}

export interface AppliedSecret {
  readonly metadata: { readonly namespace: string; readonly name: string } & Readonly<Record<string, unknown>>;
  /** Of `.dockerconfigjson`. */
  readonly base64: string;
  readonly fieldManager: string;
  readonly force: boolean;
}

type Json = ApiReply["json"];

const resource = "secrets";

function pathOf(namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
}

function at({ system }: ApiClient, verb: "get" | "patch" | "delete", namespace: string, name: string) {
  return { system, operation: `${resource}.${verb}`, resource, subject: `${namespace}/${name}` };
}

/** Pages of a list at this path; goes on with the token that the server offers instead of one that is too old. */
export async function getPage(
  client: ApiClient,
  path: string,
  kind: { readonly resource: string; readonly accept?: string },
  { labelSelector, limit, continueToken }: ListPage,
): Promise<Json> {
  const call = { system: client.system, operation: `${kind.resource}.list`, resource: kind.resource, subject: "all" };
  const headers = kind.accept === undefined ? {} : { accept: kind.accept };
  const page = async (token: string | null) => {
    const query = new URLSearchParams({ labelSelector, limit: String(limit) });
    if (token !== null) query.set("continue", token);
    return (await client.send({ ...call, method: "GET", path: `${path}?${query}`, headers })).json;
  };
  try {
    return await page(continueToken);
  } catch (error) {
    if (error instanceof ExpiredPageError && error.continueToken !== null) return page(error.continueToken);
    throw error;
  }
}

export function listSecrets(client: ApiClient, page: ListPage): Promise<Json> {
  return getPage(client, "/api/v1/secrets", { resource }, page);
}

export async function getSecret(client: ApiClient, namespace: string, name: string): Promise<Json> {
  const path = pathOf(namespace, name);
  return (await client.send({ ...at(client, "get", namespace, name), method: "GET", path })).json;
}

/** Server-side apply of a whole pull Secret: what is not named here and was ours goes. */
export async function applySecret(client: ApiClient, applied: AppliedSecret): Promise<Json> {
  const { metadata, base64, fieldManager, force } = applied;
  const { namespace, name } = metadata;
  const data = { [dockerKey]: base64 };
  const reply = await client.send({
    ...at(client, "patch", namespace, name),
    method: "PATCH",
    path: `${pathOf(namespace, name)}?fieldManager=${encodeURIComponent(fieldManager)}${force ? "&force=true" : ""}`,
    headers: { "content-type": "application/apply-patch+yaml" },
    body: JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata, type: pullSecretType, data }),
  });
  return reply.json;
}

/** Deletes exactly this version of this object. */
export async function deleteSecret(
  client: ApiClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  preconditions: { readonly uid: string; readonly resourceVersion: string },
): Promise<void> {
  await client.send({
    ...at(client, "delete", namespace, name),
    method: "DELETE",
    path: pathOf(namespace, name),
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ preconditions }),
  });
}
