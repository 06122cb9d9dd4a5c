import { PortError } from "../../ports/errors.ts";

/** The same error under the name of the port's call that it stopped; the transport does not know it. */
export function relabel(error: PortError, system: string, operation: string, subject: string): PortError {
  if (error.system === system && error.operation === operation) return error;
  const { kind, reason, retryAfterMs, status } = error;
  const said = error.message.replace(`${system}: request: `, "");
  return new PortError(kind, `${system}: ${operation} ${subject}: ${said}`, {
    system,
    operation,
    ...(reason === undefined ? {} : { reason }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(status === undefined ? {} : { status }),
    cause: error,
  });
}
