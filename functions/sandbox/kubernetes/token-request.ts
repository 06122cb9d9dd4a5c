import { randomBytes } from "node:crypto";
import type { PartReply, PartRequest } from "../listener.ts";
import { claimsAfterUpdate, writeClaims } from "./managed.ts";
import { isObject, type JsonObject, resources } from "./objects.ts";
import type { TokenHolder } from "./rights.ts";
import { invalidValue, notFound, StatusFailure } from "./status.ts";
import { type ObjectStore, wholeSeconds } from "./store.ts";
import { managerOf } from "./writes.ts";

const apiVersion = "authentication.k8s.io/v1";
const shortestSeconds = 600;

/** A token of a ServiceAccount, good until its time is over. The sandbox's are random, not signed. */
export function requestToken(
  store: ObjectStore,
  where: { readonly namespace: string; readonly name: string },
  tokens: Map<string, TokenHolder>,
  request: PartRequest,
  body: JsonObject,
): PartReply {
  const { namespace, name } = where;
  const account = store.get("serviceaccounts", namespace, name);
  if (account === null) throw notFound(resources.serviceaccounts, name);
  const asked = isObject(body["spec"]) ? body["spec"] : {};
  const expirationSeconds = Number(asked["expirationSeconds"] ?? 3600);
  if (expirationSeconds < shortestSeconds) throw tooShort(expirationSeconds);
  const token = randomBytes(32).toString("base64url");
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  const untilMs = request.nowMs + expirationSeconds * 1000;
  tokens.set(token, { user: { username: `system:serviceaccount:${namespace}:${name}`, groups }, untilMs });

  const time = wholeSeconds(request.nowMs);
  const claims = claimsAfterUpdate(null, { spec: asked }, managerOf(request), time, true);
  const managedFields = writeClaims(claims, apiVersion).map((entry) => ({ ...entry, subresource: "token" }));
  const audiences = asked["audiences"] ?? ["https://kubernetes.default.svc"];
  return {
    status: 201,
    body: {
      kind: "TokenRequest",
      apiVersion,
      metadata: { name, namespace, uid: account.metadata.uid, creationTimestamp: time, managedFields },
      spec: { audiences, expirationSeconds, boundObjectRef: asked["boundObjectRef"] ?? null },
      status: { token, expirationTimestamp: wholeSeconds(untilMs) },
    },
  };
}

function tooShort(seconds: number): StatusFailure {
  const why = "may not specify a duration less than 10 minutes";
  const cause = invalidValue("spec.expirationSeconds", String(seconds), why);
  return new StatusFailure(
    422,
    "Invalid",
    `TokenRequest.authentication.k8s.io "" is invalid: ${cause.field}: ${cause.message}`,
    { group: "authentication.k8s.io", kind: "TokenRequest", causes: [cause] },
  );
}
