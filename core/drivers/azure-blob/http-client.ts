import { Readable } from "node:stream";
import type { StoragePipelineOptions } from "@azure/storage-blob";
import { PortError } from "../../ports/errors.ts";
import { type AzureWire, sendAzure } from "../http/azure-http-client.ts";

type StorageHttpClient = NonNullable<StoragePipelineOptions["httpClient"]>;

/**
 * Our transport in the older form that @azure/storage-blob takes, with the bearer put on here: the
 * SDK's own policy refuses plain http even on loopback, and so there is one way for all addresses.
 * `checkEndpoint` (createDispatcher) is what keeps tokens off plain http anywhere else.
 */
export function createStorageHttpClient(wire: AzureWire, bearer: () => Promise<string>): StorageHttpClient {
  return {
    async sendRequest(request) {
      const { method, url, body } = request;
      const authorization = `Bearer ${await bearer()}`;
      const reply = await sendAzure(wire, {
        method,
        url,
        headers: { ...request.headers.toJson(), authorization },
        body: typeof body === "function" ? refuseStream(wire.system) : body,
      });
      const headers = request.headers.clone();
      for (const name of headers.headerNames()) headers.remove(name);
      for (const [name, value] of Object.entries(reply.headers)) headers.set(name, value);
      const streamed = request.streamResponseStatusCodes?.has(reply.status) ?? false;
      return {
        request,
        status: reply.status,
        headers,
        ...(streamed
          ? { readableStreamBody: Readable.from([Buffer.from(reply.text, "utf8")]) }
          : { bodyAsText: reply.text }),
      };
    },
  };
}

function refuseStream(system: string): never {
  throw new PortError("invalid", `${system}: a streamed body is not supported`, { system, operation: "request" });
}
