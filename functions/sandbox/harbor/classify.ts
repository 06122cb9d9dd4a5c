import type { PartRequest } from "../listener.ts";

type Table = readonly (readonly [RegExp, string])[];

/** `<method> <path>` → kind of the request, for counters and faults. */
const kinds: Table = [
  [/^POST \/api\/v2\.0\/robots\/?$/, "robot.create"],
  [/^GET \/api\/v2\.0\/robots\/?$/, "robot.list"],
  [/^GET \/api\/v2\.0\/robots\/[^/]+$/, "robot.get"],
  [/^PUT \/api\/v2\.0\/robots\/[^/]+$/, "robot.update"],
  [/^PATCH \/api\/v2\.0\/robots\/[^/]+$/, "robot.refresh"],
  [/^DELETE \/api\/v2\.0\/robots\/[^/]+$/, "robot.delete"],
  [/^\w+ \/service\/token$/, "token"],
  [/^GET \/v2\/$/, "v2.ping"],
  [/^HEAD \/v2\/.+\/manifests\/[^/]+$/, "manifest.head"],
  [/^GET \/v2\/.+\/manifests\/[^/]+$/, "manifest.get"],
  [/^GET \/v2\/.+\/blobs\/sha256:[0-9a-f]+$/, "blob.get"],
  [/^GET \/api\/v2\.0\/(?:projects\/[^/]+\/)?(?:audit-logs|auditlog-exts|logs)$/, "audit.list"],
  [/^GET \/api\/v2\.0\/systeminfo$/, "systeminfo"],
  [/^GET \/api\/v2\.0\/users\/current\/permissions$/, "permissions.current"],
];

export function classifyHarbor(request: PartRequest): string {
  const line = `${request.method} ${request.path}`;
  return kinds.find(([pattern]) => pattern.test(line))?.[1] ?? "other";
}
