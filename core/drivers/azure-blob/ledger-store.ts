import { text as textOfStream } from "node:stream/consumers";
import { AnonymousCredential, BlobServiceClient, newPipeline } from "@azure/storage-blob";
import { PortError } from "../../ports/errors.ts";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import { type AzureCredential, createAzureCredential } from "../http/azure-credential.ts";
import { createDispatcher } from "../http/dispatcher.ts";
import { blobError, readFailure, system } from "./errors.ts";
import { createStorageHttpClient } from "./http-client.ts";

const scope = "https://storage.azure.com/.default";
const requestTimeoutMsDefault = 20_000;
const ledgerBytesMax = 4 * 1024 * 1024;

export interface BlobLedgerOptions {
  /** `https://<account>.blob.core.windows.net`, or `http://127.0.0.1:<port>/<account>` on loopback. */
  readonly accountUrl: string;
  /** Must exist; one blob per key. */
  readonly container: string;
  readonly credential: AzureCredential;
  readonly caFile?: string | undefined;
  readonly requestTimeoutMs?: number | undefined;
}

/** Sends each call once, anonymous to the SDK: `createStorageHttpClient` puts the bearer on. */
function containerClient(options: BlobLedgerOptions) {
  const credential = createAzureCredential(options.credential);
  const wire = {
    system,
    dispatcher: createDispatcher({ endpoint: options.accountUrl, caFile: options.caFile }),
    timeoutMs: options.requestTimeoutMs ?? requestTimeoutMsDefault,
    bodyBytesMax: ledgerBytesMax,
    origin: new URL(options.accountUrl).origin,
  };
  const bearer = async (): Promise<string> => {
    const token = await credential.getToken(scope);
    if (token !== null) return token.token;
    throw new PortError("denied", `${system}: token: none`, { system, operation: "token", reason: "bad-credentials" });
  };
  const pipeline = newPipeline(new AnonymousCredential(), {
    httpClient: createStorageHttpClient(wire, bearer),
    retryOptions: { maxTries: 1 },
  });
  return new BlobServiceClient(options.accountUrl, pipeline).getContainerClient(options.container);
}

function revisionOf(operation: string, key: string, etag: string | undefined): string {
  if (etag !== undefined && /^[\x21-\x7e]{1,256}$/.test(etag)) return etag;
  throw new PortError("invalid", `${system}: ${operation} ${key}: no ETag in the reply, or none that can be`, {
    system,
    operation,
    reason: "bad-reply",
  });
}

/** Null for a date that is absent or nonsense. */
function msOf(date: Date | undefined): number | null {
  const ms = date?.getTime() ?? Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/**
 * Ledgers as blobs, compare-and-set by ETag (standins.md §6): a lost race is 409 BlobAlreadyExists
 * (creation) or 412 ConditionNotMet (update), both `conflict` (`stale-writer`). Blob reads are
 * consistent. A missing container is `invalid`, so that it is never taken for a lost ledger.
 */
export function createBlobLedger(options: BlobLedgerOptions): LedgerStore {
  const container = containerClient(options);
  return {
    async load(key) {
      try {
        const reply = await container.getBlockBlobClient(key).download(undefined, undefined, { maxRetryRequests: 0 });
        const revision = revisionOf("load", key, reply.etag);
        const text = reply.readableStreamBody === undefined ? "" : await textOfStream(reply.readableStreamBody);
        return { record: { revision, text }, serverMs: msOf(reply.date) };
      } catch (error) {
        const { status, code, headers } = readFailure(error);
        if (status !== 404 || code !== "BlobNotFound") throw blobError(error, "load", key);
        return { record: null, serverMs: msOf(new Date(headers["date"] ?? "")) };
      }
    },

    async save(key, expected, text) {
      const bytes = Buffer.byteLength(text);
      if (bytes > ledgerBytesMax) {
        throw new PortError("invalid", `${system}: save ${key}: ${bytes} bytes, at most ${ledgerBytesMax}`, {
          system,
          operation: "save",
          reason: "too-large",
        });
      }
      try {
        const reply = await container.getBlockBlobClient(key).upload(text, bytes, {
          conditions: expected === null ? { ifNoneMatch: "*" } : { ifMatch: expected },
          blobHTTPHeaders: { blobContentType: "application/json" },
        });
        return { revision: revisionOf("save", key, reply.etag), serverMs: msOf(reply.date) };
      } catch (error) {
        throw blobError(error, "save", key);
      }
    },
  };
}
