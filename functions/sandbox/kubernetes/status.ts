import type { PartReply } from "../listener.ts";
import type { ResourceInfo } from "./objects.ts";

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** Thrown by handlers, answered as a `Status` body. */
export class StatusFailure extends Error {
  readonly code: number;
  readonly body: object;

  constructor(code: number, reason: string | null, message: string, details?: object, metadata: object = {}) {
    super(message);
    this.code = code;
    this.body = {
      kind: "Status",
      apiVersion: "v1",
      metadata,
      status: "Failure",
      message,
      ...(reason === null ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }

  reply(): PartReply {
    return { status: this.code, body: this.body };
  }
}

export const badRequest = (message: string) => new StatusFailure(400, "BadRequest", message);
export const unauthorized = () => new StatusFailure(401, "Unauthorized", "Unauthorized");
/** Bad input that the API server answers with 500 and without a reason (transcripts README, 5). */
export const internal = (message: string) => new StatusFailure(500, null, message);
export const unknownPath = () =>
  new StatusFailure(404, "NotFound", "the server could not find the requested resource", {});
export const methodNotAllowed = () =>
  new StatusFailure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
/** The answer to a JSON patch that cannot be carried out, a failed `test` included. */
export const rejectedPatch = () =>
  new StatusFailure(422, "Invalid", "the server rejected our request due to an error in our request", {});

/** A resource as messages and details name it: `roles.rbac.authorization.k8s.io`. */
const qualified = ({ resource, group }: ResourceInfo) => (group === "" ? resource : `${resource}.${group}`);
const detailsOf = ({ resource, group }: ResourceInfo, name: string) => ({
  name,
  ...(group === "" ? {} : { group }),
  kind: resource,
});

export function notFound(info: ResourceInfo, name: string): StatusFailure {
  return new StatusFailure(404, "NotFound", `${qualified(info)} "${name}" not found`, detailsOf(info, name));
}

export function alreadyExists(info: ResourceInfo, name: string): StatusFailure {
  return new StatusFailure(409, "AlreadyExists", `${qualified(info)} "${name}" already exists`, detailsOf(info, name));
}

/** `kind` is the resource in most answers, the kind in those of delete preconditions. */
export function conflict(kind: string, name: string, why: string): StatusFailure {
  return new StatusFailure(409, "Conflict", `Operation cannot be fulfilled on ${kind} "${name}": ${why}`, {
    name,
    kind,
  });
}

export function staleVersion({ resource }: ResourceInfo, name: string): StatusFailure {
  const why = "the object has been modified; please apply your changes to the latest version and try again";
  return conflict(resource, name, why);
}

export function terminating(resource: string, name: string, namespace: string): StatusFailure {
  const message = `unable to create new content in namespace ${namespace} because it is being terminated`;
  return new StatusFailure(403, "Forbidden", `${resource} "${name}" is forbidden: ${message}`, {
    name,
    kind: resource,
    causes: [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  });
}

export function invalid(info: ResourceInfo, name: string, causes: readonly Cause[]): StatusFailure {
  const lines = causes.map(({ field, message }) => `${field}: ${message}`);
  const kind = info.group === "" ? info.kind : `${info.kind}.${info.group}`;
  const text = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  return new StatusFailure(422, "Invalid", `${kind} "${name}" is invalid: ${text}`, {
    name,
    ...(info.group === "" ? {} : { group: info.group }),
    kind: info.kind,
    causes,
  });
}

export function invalidValue(field: string, shown: string, why: string): Cause {
  return { reason: "FieldValueInvalid", message: `Invalid value: ${shown}: ${why}`, field };
}
