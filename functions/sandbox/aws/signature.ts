import { createHash, createHmac } from "node:crypto";
import type { PartRequest } from "../listener.ts";
import { AwsRefusal, type AwsService } from "./replies.ts";

export interface KnownKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

export interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

function parse(header: string): Authorization | null {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (match === null) return null;
  const [, accessKeyId = "", date = "", region = "", service = "", signed = "", signature = ""] = match;
  return { accessKeyId, date, region, service, signedHeaders: signed.split(";"), signature };
}

function canonicalQuery(query: URLSearchParams): string {
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

/** Of whose key a request says it is signed; empty where it says nothing. */
export function accessKeyIdOf(request: Pick<PartRequest, "headers">): string {
  return parse(request.headers.authorization ?? "")?.accessKeyId ?? "";
}

/** What the holder of the key signs; `x-amz-date` is taken from the headers. */
export function expectedSignature(
  request: Pick<PartRequest, "method" | "target" | "query" | "headers" | "body">,
  parts: Omit<Authorization, "accessKeyId" | "signature">,
  secretAccessKey: string,
): string {
  const headers = parts.signedHeaders.map((name) => {
    const value = request.headers[name];
    const text = Array.isArray(value) ? value.join(",") : (value ?? "");
    return `${name}:${text.trim().replace(/ +/g, " ")}\n`;
  });
  const path = request.target.split("?")[0] ?? "/";
  const canonical = [
    request.method,
    path,
    canonicalQuery(request.query),
    headers.join(""),
    parts.signedHeaders.join(";"),
    sha256(request.body),
  ].join("\n");
  const scope = `${parts.date}/${parts.region}/${parts.service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", String(request.headers["x-amz-date"] ?? ""), scope, sha256(canonical)].join("\n");
  let key = hmac(`AWS4${secretAccessKey}`, parts.date);
  for (const part of [parts.region, parts.service, "aws4_request"]) key = hmac(key, part);
  return hmac(key, toSign).toString("hex");
}

/**
 * Signature Version 4 of a request, checked whole. Throws `AwsRefusal` as the services do. Two things
 * of the real check are left out: the age of `x-amz-date` (the sandbox has a clock of its own, the
 * SDK signs with the machine's) and, for the account's own key, session tokens (any is taken).
 */
export function checkSignature(
  request: PartRequest,
  service: AwsService | "eks" | "s3" | "sts",
  known: KnownKey,
): void {
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new AwsRefusal("MissingAuthenticationTokenException", "Request is missing Authentication Token");
  }
  const parts = parse(header);
  if (parts === null) {
    throw new AwsRefusal("IncompleteSignatureException", "Authorization header requires all of its parts");
  }
  if (parts.accessKeyId !== known.accessKeyId) {
    throw new AwsRefusal("UnrecognizedClientException", "The security token included in the request is invalid.");
  }
  if (parts.region !== known.region) {
    throw new AwsRefusal("InvalidSignatureException", "Credential should be scoped to a valid region. ");
  }
  if (parts.service !== service) {
    throw new AwsRefusal("InvalidSignatureException", `Credential should be scoped to correct service: '${service}'. `);
  }
  const complete = parts.signedHeaders.includes("host") && parts.signedHeaders.includes("x-amz-date");
  if (!complete || expectedSignature(request, parts, known.secretAccessKey) !== parts.signature) {
    throw new AwsRefusal(
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
}
