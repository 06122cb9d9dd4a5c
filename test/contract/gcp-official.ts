import type { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { createGcpClient, type GcpAccess, type GcpCall, type GcpClient } from "../../core/drivers/http/gcp-client.ts";
import { gcpError } from "../../core/drivers/http/gcp-errors.ts";
import { restJson } from "./gcp-rest-json.ts";

/** gax would repeat a read until its time-out and then throw that, the cause hidden. */
const once = { timeout: 5000, retry: { retryCodes: [] }, autoPaginate: false };

/** google.rpc.Code by its number. */
const codeNames = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** A secret as REST has it; protobuf's fields differ in the durations (`120s`). */
function secretFields(body: { readonly versionDestroyTtl?: string }) {
  const { versionDestroyTtl, ...secret } = body;
  if (versionDestroyTtl === undefined) return secret;
  return { ...secret, versionDestroyTtl: { seconds: Number.parseInt(versionDestroyTtl, 10) } };
}

/** Calls the method that this REST request is; each answers `[reply, …]`. */
function sent(client: SecretManagerServiceClient, project: string, call: GcpCall): Promise<readonly unknown[]> {
  const { operation, path, query = {}, body = {} } = call;
  const parent = `projects/${project}`;
  const name = `${parent}/${path.replace(/:[a-zA-Z]+$/, "")}`;
  switch (operation) {
    case "GetSecret":
      return client.getSecret({ name }, once);
    case "CreateSecret":
      return client.createSecret({ parent, secretId: query["secretId"] ?? "", secret: secretFields(body) }, once);
    case "UpdateSecret": {
      const paths = (query["updateMask"] ?? "")
        .split(",")
        .map((one) => one.replace("versionAliases", "version_aliases"));
      return client.updateSecret({ secret: { ...secretFields(body), name }, updateMask: { paths } }, once);
    }
    case "AddSecretVersion": {
      const { payload } = body as { readonly payload: { readonly data: string; readonly dataCrc32c: string } };
      const data = Buffer.from(payload.data, "base64");
      return client.addSecretVersion({ parent: name, payload: { ...payload, data } }, once);
    }
    case "AccessSecretVersion":
      return client.accessSecretVersion({ name }, once);
    case "GetSecretVersion":
      return client.getSecretVersion({ name }, once);
    case "DestroySecretVersion":
      return client.destroySecretVersion({ name }, once);
    case "ListSecretVersions": {
      const page = { pageSize: Number(query["pageSize"]), pageToken: query["pageToken"] ?? "" };
      const listed = client.listSecretVersions({ parent: name.replace(/\/versions$/, ""), ...page }, once);
      return listed.then(([, , reply]) => [reply]);
    }
    default:
      throw new Error(`the adapter knows no ${operation}`);
  }
}

/**
 * Our driver's way to Secret Manager, walked by Google's own client: URLs, bodies and the reading of replies and
 * errors are Google's, so that a habit which only our client and our sandbox share is found. One call is one try.
 * Throws as `createGcpClient` does, by gRPC code, but NOT_FOUND for a bare 404 too, since gax makes no difference;
 * what is no error of gax goes through as it is.
 */
export function officialGcpClient(client: SecretManagerServiceClient, access: GcpAccess): GcpClient {
  const own = createGcpClient(access, "gcp-secret-manager");
  return {
    ...own,
    async call(call) {
      try {
        const [reply] = await sent(client, access.project, call);
        return { body: restJson(reply) as Readonly<Record<string, unknown>>, serverMs: null };
      } catch (error) {
        const { code, httpStatusCode = 503 } = error as { code?: unknown; httpStatusCode?: number };
        if (typeof code !== "number") throw error;
        const text = JSON.stringify({ error: { status: codeNames[code] } });
        const reply = { status: httpStatusCode, headers: {}, text, serverMs: null };
        const { operation, subject, failedPrecondition } = call;
        throw gcpError(reply, { system: own.system, operation, subject, nowMs: access.nowMs(), failedPrecondition });
      }
    },
  };
}
