import type { PartRequest } from "../listener.ts";
import type { GcpCost } from "./quotas.ts";
import { createSecret, deleteSecret, getSecret, listSecrets, patchSecret } from "./secret-operations.ts";
import type { SecretRecords } from "./secret-records.ts";
import { accessVersion, addVersion, changeState, getVersion, listVersions } from "./version-operations.ts";

type Operation = (records: SecretRecords, request: PartRequest, secretId: string, version: string) => object;

interface Route {
  readonly kind: string;
  readonly method: string;
  /** Against the path below `/v1/projects/<project>/`; groups: secret, version. */
  readonly pattern: RegExp;
  readonly cost: GcpCost;
  readonly operation: Operation;
}

const secret = "secrets/(?<secret>[^/:]+)";
const version = `${secret}/versions/(?<version>[^/:]+)`;

function route(kind: string, method: string, pattern: string, cost: GcpCost, operation: Operation): Route {
  return { kind, method, pattern: new RegExp(`^${pattern}$`), cost, operation };
}

/** The HTTP bindings of `service.proto` (google.cloud.secretmanager.v1), global secrets alone. */
const routes: readonly Route[] = [
  route("secret.create", "POST", "secrets", "write", createSecret),
  route("secret.list", "GET", "secrets", "read", listSecrets),
  route("secret.get", "GET", secret, "read", getSecret),
  route("secret.patch", "PATCH", secret, "secret-write", patchSecret),
  route("secret.delete", "DELETE", secret, "write", deleteSecret),
  route("version.add", "POST", `${secret}:addVersion`, "secret-write", addVersion),
  route("version.list", "GET", `${secret}/versions`, "read", listVersions),
  route("version.get", "GET", version, "read", getVersion),
  route("version.access", "GET", `${version}:access`, "access", accessVersion),
  route("version.enable", "POST", `${version}:enable`, "version-change", (...given) =>
    changeState(...given, "ENABLED"),
  ),
  route("version.disable", "POST", `${version}:disable`, "version-change", (...given) =>
    changeState(...given, "DISABLED"),
  ),
  route("version.destroy", "POST", `${version}:destroy`, "version-change", (...given) =>
    changeState(...given, "DESTROYED"),
  ),
];

export interface Routed {
  readonly route: Route;
  readonly project: string;
  readonly secretId: string;
  readonly version: string;
}

/** Null: no method of the service. */
export function routeOf(request: { readonly method: string; readonly path: string }): Routed | null {
  const parts = /^\/v1\/projects\/([^/]+)\/(.+)$/.exec(request.path);
  if (parts === null) return null;
  for (const one of routes) {
    const found = one.method === request.method ? one.pattern.exec(parts[2] ?? "") : null;
    if (found === null) continue;
    const { secret: secretId = "", version: which = "" } = found.groups ?? {};
    return { route: one, project: parts[1] ?? "", secretId, version: which };
  }
  return null;
}
