import type { PartReply } from "../listener.ts";

/** google.rpc.Code names and the HTTP status that each is sent with. */
const httpStatuses = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  UNIMPLEMENTED: 501,
} as const;

/** A request that the service refuses. */
export class GcpRefusal extends Error {
  readonly status: keyof typeof httpStatuses;

  constructor(status: keyof typeof httpStatuses, message: string) {
    super(message);
    this.name = "GcpRefusal";
    this.status = status;
  }
}

export const invalidArgument = (message: string): GcpRefusal => new GcpRefusal("INVALID_ARGUMENT", message);

/** The error object that every Google API answers over REST. */
export function refuse(refusal: GcpRefusal): PartReply {
  const code = httpStatuses[refusal.status];
  return {
    status: code,
    headers: code === 401 ? { "www-authenticate": 'Bearer realm="https://accounts.google.com/"' } : {},
    body: { error: { code, message: refusal.message, status: refusal.status } },
  };
}
