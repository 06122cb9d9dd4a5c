import type { FaultAction } from "../faults.ts";
import type { PartReply } from "../listener.ts";

/** The two services that this part speaks, and how each dresses its JSON. */
export type AwsService = "secretsmanager" | "dynamodb";

/** A refusal in the service's own words; everything modelled is HTTP 400, internal failures are 500. */
export class AwsRefusal extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the error document (`Item` of a failed condition). */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, extra: Readonly<Record<string, unknown>> = {}, status = 400) {
    super(message);
    this.code = code;
    this.extra = extra;
    this.status = status;
  }
}

/** Errors that every service answers alike and that the SDKs find under `message`, not `Message`. */
const shared = new Set([
  "ExpiredTokenException",
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
  "ThrottlingException",
  "UnrecognizedClientException",
  "ValidationException",
]);

function typeOf(service: AwsService, code: string): string {
  if (service === "secretsmanager") return code;
  if (code === "ValidationException") return `com.amazon.coral.validate#${code}`;
  return shared.has(code) ? `com.amazon.coral.service#${code}` : `com.amazonaws.dynamodb.v20120810#${code}`;
}

/** `application/x-amz-json-1.1` for Secrets Manager, 1.0 for DynamoDB; a request id on every answer. */
export function answer(service: AwsService, requestId: string, status: number, body: object): PartReply {
  return {
    status,
    headers: {
      "content-type": `application/x-amz-json-${service === "secretsmanager" ? "1.1" : "1.0"}`,
      "x-amzn-requestid": requestId,
    },
    body: JSON.stringify(body),
  };
}

/** The error document: `__type` with `Message` (Secrets Manager's own) or `message` (DynamoDB, shared errors). */
export function refuse(service: AwsService, requestId: string, refusal: AwsRefusal): PartReply {
  const key = service === "secretsmanager" && !shared.has(refusal.code) ? "Message" : "message";
  const document = { __type: typeOf(service, refusal.code), [key]: refusal.message, ...refusal.extra };
  return answer(service, requestId, refusal.status, document);
}

/** How both services say that a rate quota is used up: HTTP 400, not 429, and no `Retry-After`. */
export function throttledFault(): FaultAction {
  return {
    type: "reply",
    status: 400,
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amzn-requestid": "00000000-0000-4000-8000-000000000000",
    },
    body: JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" }),
  };
}
