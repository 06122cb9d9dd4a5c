import { SignatureV4 } from "@smithy/signature-v4";
import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/errors.ts";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import { createDispatcher } from "../http/dispatcher.ts";
import { NodeSha256 } from "../http/node-sha256.ts";
import { type HttpReply, sendHttp } from "../http/request.ts";
import { unwrapLedger, wrapLedger } from "../http/wrapped-ledger.ts";
import { s3Error, system } from "./failures.ts";

const requestTimeoutMsDefault = 15_000;
const bodyBytesMax = 1024 * 1024;
const textBytesMax = 512 * 1024;
const nonceBytes = 8;

export interface S3LedgerOptions {
  readonly region: string;
  /** An existing bucket. */
  readonly bucket: string;
  /** Address of S3, with the bucket in the path; absent: the region's own, with the bucket in the name. */
  readonly endpoint?: string | undefined;
  readonly caFile?: string | undefined;
  readonly credentials: () => Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  }>;
  readonly requestTimeoutMs?: number | undefined;
  readonly nowMs: () => number;
  readonly entropy: Entropy;
}

function addressOf({ region, bucket, endpoint }: S3LedgerOptions): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, "")}/${bucket}`;
  return `https://${bucket}.s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

/**
 * Ledgers as objects of one bucket, written with `If-Match` or `If-None-Match` (user guide, conditional writes); S3
 * reads consistently since 2020. An ETag follows from the content, see `wrapLedger`. Rights: `s3:GetObject`,
 * `s3:PutObject` on the objects, and `s3:ListBucket`, without which S3 answers 403 for an object that is absent.
 */
export function createS3Ledger(options: S3LedgerOptions): LedgerStore {
  const address = addressOf(options);
  const { protocol, hostname, port, pathname } = new URL(address);
  const dispatcher = createDispatcher({ endpoint: address, caFile: options.caFile });
  const signer = new SignatureV4({
    service: "s3",
    region: options.region,
    credentials: options.credentials,
    sha256: NodeSha256,
    // Of all services S3 alone takes the path as it is.
    uriEscapePath: false,
  });

  async function send(operation: "GetObject" | "PutObject", key: string, more: Record<string, string>, body?: string) {
    const method = operation === "GetObject" ? "GET" : "PUT";
    const path = `${pathname === "/" ? "" : pathname}/${key.split("/").map(encodeURIComponent).join("/")}`;
    const host = port === "" ? hostname : `${hostname}:${port}`;
    const request = {
      method,
      protocol,
      hostname,
      path,
      headers: { host, ...more },
      ...(body === undefined ? {} : { body }),
    };
    const signed = await signer
      .sign(port === "" ? request : { ...request, port: Number(port) }, { signingDate: new Date(options.nowMs()) })
      .catch((error: unknown) => {
        if (error instanceof PortError) throw error;
        const message = `${system}: ${operation} ${key}: no credentials could be had`;
        throw new PortError("denied", message, { system, operation, reason: "bad-credentials" });
      });
    return sendHttp(dispatcher, {
      method,
      url: `${protocol}//${host}${path}`,
      headers: signed.headers,
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

  function etagOf(reply: HttpReply, operation: string, key: string): string {
    const etag = reply.headers["etag"];
    if (reply.status !== 200 || etag === undefined)
      throw invalid(operation, key, "an answer without an ETag", "bad-reply");
    return etag;
  }

  return {
    async load(key) {
      const reply = await send("GetObject", key, {});
      if (reply.status >= 300) {
        const error = s3Error(reply, "GetObject", key);
        if (error.kind !== "not-found") throw error;
        return { record: null, serverMs: reply.serverMs };
      }
      const revision = etagOf(reply, "GetObject", key);
      const text = unwrapLedger(reply.text);
      if (text === null) throw invalid("GetObject", key, "an object that is no ledger", "bad-reply");
      return { record: { revision, text }, serverMs: reply.serverMs };
    },

    async save(key, expected, text) {
      const bytes = Buffer.byteLength(text);
      if (bytes > textBytesMax) throw invalid("PutObject", key, `${bytes} bytes, over ${textBytesMax}`, "too-large");
      const condition = expected === null ? { "if-none-match": "*" } : { "if-match": expected };
      const headers = { ...condition, "content-type": "application/json" };
      const reply = await send("PutObject", key, headers, wrapLedger(text, options.entropy.hex(nonceBytes)));
      if (reply.status >= 300) {
        const error = s3Error(reply, "PutObject", key);
        if (error.kind !== "not-found") throw error;
        // `If-Match` on an object that is gone (user guide, conditional writes).
        const message = `${system}: PutObject ${key}: gone meanwhile`;
        throw new PortError("conflict", message, { system, operation: "PutObject", reason: "stale-writer" });
      }
      return { revision: etagOf(reply, "PutObject", key), serverMs: reply.serverMs };
    },
  };
}
