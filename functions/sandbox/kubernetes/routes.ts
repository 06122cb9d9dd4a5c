import type { PartRequest } from "../listener.ts";
import { type ResourceInfo, type ResourceName, resources } from "./objects.ts";

/** Where a request goes; null parts are absent from its path. */
export interface Route {
  readonly info: ResourceInfo;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly subresource: string | null;
}

export const applyContentType = "application/apply-patch+yaml";

/** Null: no path of the resources served here. */
export function routeOf(path: string): Route | null {
  const [empty, root, ...parts] = path.split("/");
  if (empty !== "" || (root !== "api" && root !== "apis")) return null;
  const apiVersion = parts.splice(0, root === "api" ? 1 : 2).join("/");
  const [first, second, third, fourth, fifth, ...more] = parts;
  if (first === undefined || more.length > 0) return null;
  const found = (text: string | undefined, namespaced: boolean) => {
    const info = resourceOf(text);
    return info?.apiVersion === apiVersion && info.namespaced === namespaced ? info : null;
  };
  if (first === "namespaces" && third !== undefined) {
    if (third === "finalize" && fourth === undefined && apiVersion === "v1") {
      return { info: resources.namespaces, namespace: second ?? null, name: second ?? null, subresource: third };
    }
    const info = found(third, true);
    if (info === null || (fifth !== undefined && (info.resource !== "serviceaccounts" || fifth !== "token")))
      return null;
    return { info, namespace: second ?? null, name: fourth ?? null, subresource: fifth ?? null };
  }
  if (third !== undefined) return null;
  const wide = found(first, false);
  if (wide !== null) {
    // A namespace's own rights are looked for inside it.
    const namespace = wide.resource === "namespaces" ? (second ?? null) : null;
    return { info: wide, namespace, name: second ?? null, subresource: null };
  }
  const across = found(first, true);
  return across === null || second !== undefined
    ? null
    : { info: across, namespace: null, name: null, subresource: null };
}

function resourceOf(text: string | undefined): ResourceInfo | null {
  return text !== undefined && Object.hasOwn(resources, text) ? resources[text as ResourceName] : null;
}

/** `secret.apply`, `namespace.list`, …; whatever else is asked is `other`. */
export function classify(request: PartRequest): string {
  const route = routeOf(request.path);
  if (route === null) return "other";
  const subject = route.info.resource.slice(0, -1);
  const verb = route.subresource === null ? verbOf(request, route) : null;
  return verb === null ? "other" : `${subject}.${verb}`;
}

function verbOf({ method, headers, query }: PartRequest, { name }: Route): string | null {
  if (method === "GET")
    return ["1", "true"].includes(query.get("watch") ?? "") ? "watch" : name === null ? "list" : "get";
  if (method === "POST") return name === null ? "create" : null;
  if (method === "PUT") return name === null ? null : "update";
  if (method === "DELETE") return "delete";
  if (method !== "PATCH" || name === null) return null;
  return headers["content-type"]?.startsWith(applyContentType) === true ? "apply" : "patch";
}
