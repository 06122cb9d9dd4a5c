import type { PartRequest } from "../listener.ts";

const secretKinds: Readonly<Record<string, string>> = {
  "GET 2": "secret.get",
  "GET 3": "secret.get-version",
  "PUT 2": "secret.set",
  "PATCH 3": "secret.update",
  "DELETE 2": "secret.delete",
};

/** Addressed to Entra: what begins with a tenant's id, or what its clients ask of every tenant. */
export function isEntra(request: Pick<PartRequest, "path">): boolean {
  return /^\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\//i.test(request.path);
}

/**
 * The kind of a request. What carries no token can have no effect and is `other`: so a fault set for
 * `secret.set` hits the call itself, never the challenge before it (a client's first call is sent twice).
 */
export function classify(request: PartRequest): string {
  const path = request.path.split("/").filter((part) => part !== "");
  if (path[0] === "msi") return "token";
  if (isEntra(request)) return request.method === "POST" ? "entra.token" : "entra.discovery";
  if (request.headers.authorization === undefined) return "other";
  if (path[0] === "secrets") {
    if (path.length === 3 && path[2] === "versions" && request.method === "GET") return "secret.list-versions";
    return secretKinds[`${request.method} ${path.length}`] ?? "other";
  }
  if (path[0] === "deletedsecrets" || path.length < 3) return "other";
  if (request.method === "GET" || request.method === "HEAD") return "blob.get";
  return request.method === "PUT" ? "blob.put" : "other";
}
