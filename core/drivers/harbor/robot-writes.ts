import type { RenewRequest } from "../../ports/registry.ts";
import type { Secret } from "../../secret.ts";
import type { Api } from "./api.ts";
import type { LoginGate } from "./login-gate.ts";

const right = "robot:update (administrators, or a project's administrator for its own robots)";

/**
 * `PUT /robots/<id>`, which says everything anew: what is left out would be lost, `disable` most of all
 * (harbor.md §1.5). `duration` counts from the creation.
 */
export async function renewRobot(api: Api, id: number, request: RenewRequest): Promise<void> {
  const { username, description, level, durationDays, permissions } = request;
  const body = { name: username, description, level, duration: durationDays, disable: false, permissions };
  await api.call({ method: "PUT", path: `/robots/${id}`, operation: "renew", right, body }, 200);
}

/** `PATCH /robots/<id>` with this one field: unknown fields alone would make Harbor draw a secret (harbor.md §1.4). */
export async function refreshRobot(api: Api, gate: LoginGate, id: number, password: Secret): Promise<void> {
  const body = { secret: password.reveal() };
  await api.call({ method: "PATCH", path: `/robots/${id}`, operation: "refresh", right, body }, 200);
  gate.forget(password);
}
