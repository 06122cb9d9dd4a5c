import type { PartReply, PartRequest } from "../listener.ts";
import type { BlobRecords, StoredBlob } from "./blob-records.ts";
import { storageResource, type Tokens, tenantId } from "./tokens.ts";

const messages = {
  BlobAlreadyExists: "The specified blob already exists.",
  BlobNotFound: "The specified blob does not exist.",
  ConditionNotMet: "The condition specified using HTTP conditional header(s) is not met.",
  ContainerAlreadyExists: "The specified container already exists.",
  ContainerNotFound: "The specified container does not exist.",
  InvalidAuthenticationInfo: "Server failed to authenticate the request.",
  InvalidQueryParameterValue: "Value for one of the query parameters specified in the request URI is invalid.",
  InvalidResourceName: "The specified resource name contains invalid characters.",
  MissingRequiredHeader: "An HTTP header that's mandatory for this request is not specified.",
  NoAuthenticationInformation: "Server failed to authenticate the request.",
  UnsupportedHttpVerb: "The resource doesn't support the specified HTTP verb.",
} as const;

type BlobErrorCode = keyof typeof messages;

class BlobRefusal extends Error {
  readonly status: number;
  readonly code: BlobErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: BlobErrorCode, headers: Readonly<Record<string, string>> = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

function checkToken(request: PartRequest, tokens: Tokens): void {
  const verdict = tokens.verify(request.headers.authorization, storageResource);
  if (verdict === "good") return;
  const challenge = `Bearer authorization_uri=https://login.microsoftonline.com/${tenantId}/oauth2/authorize resource_id=${storageResource}`;
  const code = verdict === "missing" ? "NoAuthenticationInformation" : "InvalidAuthenticationInfo";
  throw new BlobRefusal(401, code, { "www-authenticate": challenge });
}

/** `If-None-Match: *` on a present blob is 409, every other unmet condition of a write 412. */
function checkWrite(request: PartRequest, stored: StoredBlob | undefined): void {
  const ifMatch = request.headers["if-match"];
  const ifNoneMatch = request.headers["if-none-match"];
  if (ifNoneMatch === "*" && stored !== undefined) throw new BlobRefusal(409, "BlobAlreadyExists");
  if (ifMatch !== undefined && (stored === undefined || (ifMatch !== "*" && ifMatch !== stored.etag))) {
    throw new BlobRefusal(412, "ConditionNotMet");
  }
  if (ifNoneMatch !== undefined && ifNoneMatch === stored?.etag) throw new BlobRefusal(412, "ConditionNotMet");
}

function checkRead(request: PartRequest, stored: StoredBlob): void {
  const ifMatch = request.headers["if-match"];
  const ifNoneMatch = request.headers["if-none-match"];
  if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== stored.etag)
    throw new BlobRefusal(412, "ConditionNotMet");
  if (ifNoneMatch === "*" || ifNoneMatch === stored.etag) throw new BlobRefusal(304, "ConditionNotMet");
}

function describe(blob: StoredBlob): Record<string, string> {
  return { etag: blob.etag, "last-modified": new Date(blob.modifiedMs).toUTCString() };
}

function answerContainer(request: PartRequest, records: BlobRecords, container: string): PartReply {
  if (request.query.get("restype") !== "container") throw new BlobRefusal(400, "InvalidQueryParameterValue");
  if (request.method !== "PUT") throw new BlobRefusal(405, "UnsupportedHttpVerb");
  if (!records.createContainer(container)) throw new BlobRefusal(409, "ContainerAlreadyExists");
  return { status: 201, headers: { etag: records.nextEtag(), "last-modified": new Date(request.nowMs).toUTCString() } };
}

function putBlob(request: PartRequest, records: BlobRecords, blobs: Map<string, StoredBlob>, name: string): PartReply {
  if (request.headers["x-ms-blob-type"] !== "BlockBlob") throw new BlobRefusal(400, "MissingRequiredHeader");
  checkWrite(request, blobs.get(name));
  const blob: StoredBlob = {
    etag: records.nextEtag(),
    body: request.body,
    contentType: String(request.headers["x-ms-blob-content-type"] ?? "application/octet-stream"),
    modifiedMs: request.nowMs,
  };
  blobs.set(name, blob);
  return { status: 201, headers: { ...describe(blob), "x-ms-request-server-encrypted": "true" } };
}

function answerBlob(request: PartRequest, records: BlobRecords, container: string, name: string): PartReply {
  if (request.query.has("comp")) throw new BlobRefusal(400, "InvalidQueryParameterValue");
  const blobs = records.container(container);
  if (blobs === null) throw new BlobRefusal(404, "ContainerNotFound");
  if (request.method === "PUT") return putBlob(request, records, blobs, name);
  const stored = blobs.get(name);
  if (stored === undefined) throw new BlobRefusal(404, "BlobNotFound");
  if (request.method === "DELETE") {
    checkWrite(request, stored);
    blobs.delete(name);
    return { status: 202 };
  }
  if (request.method !== "GET" && request.method !== "HEAD") throw new BlobRefusal(405, "UnsupportedHttpVerb");
  checkRead(request, stored);
  const headers = { ...describe(stored), "x-ms-blob-type": "BlockBlob", "accept-ranges": "bytes" };
  return {
    status: 200,
    headers: { ...headers, "content-type": stored.contentType, "content-length": String(stored.body.length) },
    body: stored.body,
  };
}

/**
 * Blob storage under `/<account>/<container>/<blob>` (the form of addresses by IP), strongly
 * consistent: a `stale` fault changes nothing. Leases, ranges and blocks are not offered.
 */
export function answerStorage(request: PartRequest, records: BlobRecords, tokens: Tokens): PartReply {
  const requestId = crypto.randomUUID();
  const common = {
    "x-ms-request-id": requestId,
    "x-ms-version": String(request.headers["x-ms-version"] ?? "2026-02-06"),
  };
  try {
    checkToken(request, tokens);
    const [, , container = "", ...rest] = request.path.split("/");
    const name = rest.join("/");
    if (!/^[a-z0-9](?:-?[a-z0-9]){2,62}$/.test(container)) throw new BlobRefusal(400, "InvalidResourceName");
    const reply =
      name === "" ? answerContainer(request, records, container) : answerBlob(request, records, container, name);
    return { ...reply, headers: { ...common, ...reply.headers } };
  } catch (error) {
    if (!(error instanceof BlobRefusal)) throw error;
    const { status, code } = error;
    const message = `${messages[code]}\nRequestId:${requestId}\nTime:${new Date(request.nowMs).toISOString()}`;
    const body = `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
    const headers = { ...common, ...error.headers, "x-ms-error-code": code, "content-type": "application/xml" };
    return status === 304 ? { status, headers } : { status, headers, body };
  }
}
