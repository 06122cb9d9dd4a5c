import { PortError } from "../../ports/errors.ts";
import type { ServerTime } from "../../ports/registry.ts";
import type { Api } from "./api.ts";
import { readReply, systemInfoReply } from "./replies.ts";

export interface Whoami extends ServerTime {
  readonly username: string;
  readonly version: string;
  readonly readOnly: boolean;
}

/**
 * `systeminfo` answers 200 to anybody, and a person locked out for a moment is anybody: so the login is
 * tried first where anonymous callers get 401, and without `external_url` it was refused after all (harbor.md §6).
 */
export async function askWhoami(api: Api): Promise<Whoami> {
  const operation = "whoami";
  const { username } = await api.issuer(operation);
  const right = "to log in";
  await api.call({ method: "GET", path: "/users/current/permissions", operation, right }, 200);
  const reply = await api.call({ method: "GET", path: "/systeminfo", operation, right }, 200);
  const info = readReply(systemInfoReply, reply, operation);
  if (info.external_url === undefined || info.harbor_version === undefined)
    throw new PortError("denied", `harbor: whoami: ${username} was refused`, {
      system: "harbor",
      operation,
      reason: "bad-credentials",
    });
  return { username, version: info.harbor_version, readOnly: info.read_only, serverMs: reply.serverMs };
}
