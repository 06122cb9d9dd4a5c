import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/errors.ts";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import type { Secret } from "../../secret.ts";
import { createDispatcher } from "../http/dispatcher.ts";
import { jsonObject } from "../http/gcp-errors.ts";
import { type HttpReply, sendHttp } from "../http/request.ts";
import { unwrapLedger, wrapLedger } from "../http/wrapped-ledger.ts";
import { gcsError, reasonOf, system } from "./failures.ts";

const endpointDefault = "https://storage.googleapis.com";
const requestTimeoutMsDefault = 15_000;
const bodyBytesMax = 1024 * 1024;
const textBytesMax = 512 * 1024;
const nonceBytes = 8;

export interface GcsLedgerOptions {
  /** An existing bucket. */
  readonly bucket: string;
  readonly endpoint?: string | undefined;
  readonly caFile?: string | undefined;
  /** With a scope for Cloud Storage; asked before each request. */
  readonly accessToken: () => Promise<Secret>;
  readonly requestTimeoutMs?: number | undefined;
  readonly nowMs: () => number;
  readonly entropy: Entropy;
}

/**
 * Ledgers as objects of one Cloud Storage bucket, written with `ifGenerationMatch` (JSON API, request
 * preconditions); reads are consistent. One object takes about one write per second, which is throttling, not a
 * lost race. Rights: `storage.objects.get`, `.create`, `.delete` (writing over), `.list`.
 */
export function createGcsLedger(options: GcsLedgerOptions): LedgerStore {
  const endpoint = (options.endpoint ?? endpointDefault).replace(/\/+$/, "");
  const dispatcher = createDispatcher({ endpoint, caFile: options.caFile });
  const bucket = encodeURIComponent(options.bucket);

  async function send(operation: string, method: "GET" | "POST", path: string, body?: string): Promise<HttpReply> {
    const token = await options.accessToken().catch((error: unknown) => {
      if (error instanceof PortError) throw error;
      const message = `${system}: ${operation}: no access token could be had`;
      throw new PortError("denied", message, { system, operation, reason: "bad-credentials" });
    });
    return sendHttp(dispatcher, {
      method,
      url: `${endpoint}${path}`,
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
      timeoutMs: options.requestTimeoutMs ?? requestTimeoutMsDefault,
      bodyBytesMax,
      system,
      operation,
    });
  }

  function invalid(operation: string, key: string, why: string, reason: "bad-reply" | "too-large"): PortError {
    return new PortError("invalid", `${system}: ${operation} ${key}: ${why}`, { system, operation, reason });
  }

  /** Of an object and of a bucket that are absent the service answers alike: a list tells the two apart. */
  async function checkBucket(key: string): Promise<void> {
    const reply = await send("objects.list", "GET", `/storage/v1/b/${bucket}/o?maxResults=1`);
    if (reply.status === 200 && jsonObject(reply.text)?.["kind"] === "storage#objects") return;
    if (reasonOf(reply) === "notFound") {
      const message = `${system}: objects.list ${key}: there is no such bucket`;
      throw new PortError("invalid", message, { system, operation: "objects.list" });
    }
    throw gcsError(reply, "objects.list", key);
  }

  return {
    async load(key) {
      const reply = await send("objects.get", "GET", `/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}?alt=media`);
      if (reasonOf(reply) === "notFound") {
        await checkBucket(key);
        return { record: null, serverMs: reply.serverMs };
      }
      if (reply.status !== 200) throw gcsError(reply, "objects.get", key);
      const revision = reply.headers["x-goog-generation"];
      const text = unwrapLedger(reply.text);
      if (revision === undefined || !/^\d{1,20}$/.test(revision) || text === null) {
        throw invalid("objects.get", key, "an object that is no ledger", "bad-reply");
      }
      return { record: { revision, text }, serverMs: reply.serverMs };
    },

    async save(key, expected, text) {
      const bytes = Buffer.byteLength(text);
      if (bytes > textBytesMax)
        throw invalid("objects.insert", key, `${bytes} bytes, over ${textBytesMax}`, "too-large");
      const query = new URLSearchParams({ uploadType: "media", name: key, ifGenerationMatch: expected ?? "0" });
      const body = wrapLedger(text, options.entropy.hex(nonceBytes));
      const reply = await send("objects.insert", "POST", `/upload/storage/v1/b/${bucket}/o?${query}`, body);
      if (reply.status !== 200) throw gcsError(reply, "objects.insert", key);
      const generation = jsonObject(reply.text)?.["generation"];
      if (typeof generation !== "string")
        throw invalid("objects.insert", key, "an answer without a generation", "bad-reply");
      return { revision: generation, serverMs: reply.serverMs };
    },
  };
}
