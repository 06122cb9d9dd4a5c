import { PortError } from "../../ports/errors.ts";

/** `invalid`: the file says nothing usable; `denied`: it says how to log in, and that cannot be done here. */
export function kubeconfigError(kind: "invalid" | "denied", why: string): PortError {
  const where = { system: "kubeconfig", operation: "read" };
  return new PortError(kind, `kubeconfig: ${why}`, kind === "denied" ? { ...where, reason: "bad-credentials" } : where);
}
