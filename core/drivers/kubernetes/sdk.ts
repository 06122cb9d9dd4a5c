import {
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  type RequestContext,
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
} from "@kubernetes/client-node";
import { PortError } from "../../ports/errors.ts";
import type { HttpRequest } from "../http/request.ts";
import type { ApiClient } from "./client.ts";
import type { CallFacts } from "./failures.ts";

export interface KubernetesApis {
  readonly core: CoreV1Api;
  /** Objects of installed kinds. */
  readonly custom: CustomObjectsApi;
}

/**
 * The official client over our own transport, for the calls that are rare: it takes 60 MB, and so its module is only
 * imported where one of them is made. Its own transport opens a TLS connection per request, has neither time-outs nor
 * size limits, and puts bodies and headers of failures into its messages (clouds.md D1); here every failure is a
 * `PortError` before it sees it.
 */
export function sdkApis(client: ApiClient): KubernetesApis {
  async function send(request: RequestContext): Promise<ResponseContext> {
    const { pathname, search } = new URL(request.getUrl());
    const method = request.getHttpMethod() as string as HttpRequest["method"];
    const body = request.getBody();
    const reply = await client.send({
      ...describe(client.system, method, pathname),
      method,
      path: pathname + search,
      headers: request.getHeaders(),
      ...(typeof body === "string" ? { body } : {}),
    });
    const read = { text: async () => reply.text, binary: async () => Buffer.from(reply.text), stream: () => null };
    // The SDK asks the header how to read what has been found to be JSON already.
    return new ResponseContext(reply.status, { ...reply.headers, "content-type": "application/json" }, read);
  }

  const configuration = {
    baseServer: new ServerConfiguration("https://kubernetes", {}),
    httpApi: wrapHttpLibrary({ send }),
  };
  return {
    core: guarded(new CoreV1Api(createConfiguration(configuration)), client.system),
    custom: guarded(new CustomObjectsApi(createConfiguration(configuration)), client.system),
  };
}

/** The SDK reads replies into classes of its own, and trips over what has another shape: `invalid` (`bad-reply`). */
function guarded<Api extends object>(api: Api, system: string): Api {
  return new Proxy(api, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        try {
          return await member.apply(target, args);
        } catch (error) {
          if (error instanceof PortError) throw error;
          const message = `${system}: ${String(key)}: the reply is not what Kubernetes answers`;
          throw new PortError("invalid", message, { system, operation: String(key), reason: "bad-reply" });
        }
      };
    },
  });
}

function describe(system: string, method: HttpRequest["method"], pathname: string): CallFacts {
  const parts =
    pathname
      .split(/\/api\/v1\/|\/apis\/[^/]+\/[^/]+\//)
      .at(-1)
      ?.split("/") ?? [];
  const inNamespace = parts[0] === "namespaces" && parts.length > 2;
  const resource = (inNamespace ? parts[2] : parts[0]) ?? "";
  const subject = (inNamespace ? [parts[1], ...parts.slice(3)] : parts.slice(1)).join("/");
  const verbs: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };
  const verb = verbs[method] ?? (subject === "" ? "list" : "get");
  return { system, operation: `${resource}.${verb}`, resource, subject: subject || "all" };
}
