import type { Secret } from "../../../core/secret.ts";
import { internalError } from "./refusal.ts";

const timeoutMs = 30_000;
/** What Harbor calls itself towards registries; pulls under this name leave no row in the audit log (harbor.md §3). */
const agent = "harbor-registry-client";

/** An address with the credential used there; an empty key means none. */
export interface RemoteLogin {
  readonly url: string;
  readonly accessKey: string;
  readonly accessSecret: Secret;
}

/** A request to another registry. Throws what `fetch` throws where it cannot be reached. */
export async function askRemote(remote: RemoteLogin, method: string, path: string, body?: Buffer, type?: string) {
  const login = Buffer.from(`${remote.accessKey}:${remote.accessSecret.reveal()}`).toString("base64");
  return fetch(`${remote.url}${path}`, {
    method,
    headers: {
      "user-agent": agent,
      ...(remote.accessKey === "" ? {} : { authorization: `Basic ${login}` }),
      ...(type === undefined ? {} : { "content-type": type }),
    },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

async function loginStatus(remote: RemoteLogin): Promise<number> {
  const reply = await askRemote(remote, "GET", "/v2/");
  await reply.arrayBuffer();
  return reply.status;
}

/**
 * The live check of an endpoint (harbor.md §5): login at its `/v2/`, twice before it is called unhealthy,
 * so that a wrong secret costs two penalties of a remote Harbor. Throws the 500 of an unknown type, and of a
 * Harbor that cannot be reached.
 */
export async function checkEndpoint(type: string, remote: RemoteLogin): Promise<"healthy" | "unhealthy"> {
  if (!adapters.includes(type)) throw internalError();
  try {
    if (type === "harbor") await (await askRemote(remote, "GET", "/api/version")).arrayBuffer();
  } catch {
    throw internalError();
  }
  try {
    const anonymous = remote.accessKey === "";
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const status = await loginStatus(remote);
      if (status === 200 || (anonymous && status === 401)) return "healthy";
    }
  } catch {
    return "unhealthy";
  }
  return "unhealthy";
}

/** Kinds of registries that Harbor replicates with (recorded in 09-robot-as-admin). */
export const adapters: readonly string[] = [
  ...["ali-acr", "aws-ecr", "azure-acr", "docker-hub", "docker-registry", "github-ghcr", "google-gcr", "harbor"],
  ...["huawei-SWR", "jfrog-artifactory", "tencent-tcr", "volcengine-cr"],
];
