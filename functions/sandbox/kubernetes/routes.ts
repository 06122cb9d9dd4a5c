import type { PartRequest } from "../listener.ts";
import { type ResourceInfo, type ResourceName, resources } from "./objects.ts";

/** Where a request goes; null parts are absent from its path. */
export interface Route {
  readonly info: ResourceInfo;
  readonly namespace: string | null;
  readonly name: string | null;
}

export const applyContentType = "application/apply-patch+yaml";

/** Null: no path of the three resources served here. */
export function routeOf(path: string): Route | null {
  const [empty, api, version, ...parts] = path.split("/");
  if (empty !== "" || api !== "api" || version !== "v1") return null;
  const [first, second, third, fourth, ...more] = parts;
  if (first === undefined || more.length > 0) return null;
  if (first === "namespaces" && third === undefined) {
    return { info: resources.namespaces, namespace: second ?? null, name: second ?? null };
  }
  const inNamespace = first === "namespaces";
  const info = namespacedResource(inNamespace ? third : first);
  if (info === null) return null;
  if (inNamespace) return { info, namespace: second ?? null, name: fourth ?? null };
  return second === undefined ? { info, namespace: null, name: null } : null;
}

function namespacedResource(text: string | undefined): ResourceInfo | null {
  if (text === undefined || !Object.hasOwn(resources, text)) return null;
  const info = resources[text as ResourceName];
  return info.namespaced ? info : null;
}

/** `secret.apply`, `namespace.list`, …; whatever else is asked is `other`. */
export function classify(request: PartRequest): string {
  const route = routeOf(request.path);
  if (route === null) return "other";
  const subject = route.info.resource.slice(0, -1);
  const verb = verbOf(request, route);
  return verb === null ? "other" : `${subject}.${verb}`;
}

function verbOf({ method, headers, query }: PartRequest, { name }: Route): string | null {
  if (method === "GET") return query.has("watch") ? null : name === null ? "list" : "get";
  if (method === "POST") return name === null ? "create" : null;
  if (method === "PUT") return name === null ? null : "update";
  if (method === "DELETE") return "delete";
  if (method !== "PATCH" || name === null) return null;
  return headers["content-type"]?.startsWith(applyContentType) === true ? "apply" : "patch";
}
