import type { PartRequest } from "../listener.ts";
import { createSecret, deleteSecret, getSecret, listSecrets, patchSecret } from "./secret-operations.ts";
import type { SecretRecords } from "./secret-records.ts";
import { accessVersion, addVersion, changeState, getVersion, listVersions } from "./version-operations.ts";

type Operation = (records: SecretRecords, request: PartRequest, secretId: string, version: string) => object;

interface Route {
  readonly kind: string;
  readonly method: string;
  /** Against the path below `/v1/projects/<project>/`; groups: secret, version. */
  readonly pattern: RegExp;
  /** Counts against the quota of writes per secret. */
  readonly limited: boolean;
  readonly operation: Operation;
}

const secret = "secrets/(?<secret>[^/:]+)";
const version = `${secret}/versions/(?<version>[^/:]+)`;

function route(kind: string, method: string, pattern: string, operation: Operation, limited = false): Route {
  return { kind, method, pattern: new RegExp(`^${pattern}$`), limited, operation };
}

/** The HTTP bindings of `service.proto` (google.cloud.secretmanager.v1), global secrets alone. */
const routes: readonly Route[] = [
  route("secret.create", "POST", "secrets", createSecret),
  route("secret.list", "GET", "secrets", listSecrets),
  route("secret.get", "GET", secret, getSecret),
  route("secret.patch", "PATCH", secret, patchSecret, true),
  route("secret.delete", "DELETE", secret, deleteSecret),
  route("version.add", "POST", `${secret}:addVersion`, addVersion, true),
  route("version.list", "GET", `${secret}/versions`, listVersions),
  route("version.get", "GET", version, getVersion),
  route("version.access", "GET", `${version}:access`, accessVersion),
  route("version.enable", "POST", `${version}:enable`, (...given) => changeState(...given, "ENABLED")),
  route("version.disable", "POST", `${version}:disable`, (...given) => changeState(...given, "DISABLED")),
  route("version.destroy", "POST", `${version}:destroy`, (...given) => changeState(...given, "DESTROYED")),
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
