import type { PartReply, PartRequest } from "../listener.ts";
import { claimsAfterUpdate, writeClaims } from "./managed.ts";
import { isObject, type JsonObject } from "./objects.ts";
import { rulesOf } from "./rbac.ts";
import { type AllowRule, isAllowed, type User } from "./rights.ts";
import { badRequest } from "./status.ts";
import { type ObjectStore, wholeSeconds } from "./store.ts";
import { managerOf } from "./writes.ts";

const version = {
  major: "1",
  minor: "37",
  emulationMajor: "1",
  emulationMinor: "37",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "36",
  gitVersion: "v1.37.2",
  gitCommit: "$Format:%H$",
  gitTreeState: "",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "go1.26.8",
  compiler: "gc",
  platform: "linux/amd64",
};

/** Paths that are no resource: version, health, discovery, reviews of oneself. Null: none of them. */
export function answerOther(
  store: ObjectStore,
  request: PartRequest,
  user: User,
  rules: readonly AllowRule[],
  serverAddress: () => string,
): PartReply | null {
  const { method, path } = request;
  if (method === "GET" && path === "/version") return { status: 200, body: version };
  if (method === "GET" && ["/readyz", "/livez", "/healthz"].includes(path)) {
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: "ok" };
  }
  if (method === "GET" && path === "/api") {
    const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress: serverAddress() }];
    return { status: 200, body: { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs } };
  }
  if (method !== "POST") return null;
  if (path === "/apis/authentication.k8s.io/v1/selfsubjectreviews") return reviewSubject(request, user);
  if (path === "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
    return reviewAccess(store, request, user, rules);
  if (path === "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews") return reviewRules(store, request, user);
  return null;
}

function reviewSubject(request: PartRequest, user: User): PartReply {
  const userInfo = {
    username: user.username,
    uid: `${user.username}-uid`,
    groups: [...user.groups.filter((group) => group !== "system:authenticated"), "system:authenticated"],
  };
  const body = {
    kind: "SelfSubjectReview",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { creationTimestamp: wholeSeconds(request.nowMs) },
    status: { userInfo },
  };
  return { status: 201, body };
}

function reviewAccess(store: ObjectStore, request: PartRequest, user: User, rules: readonly AllowRule[]): PartReply {
  const sent = parse(request.body);
  const spec = isObject(sent["spec"]) ? sent["spec"] : {};
  const asked = isObject(spec["resourceAttributes"]) ? spec["resourceAttributes"] : {};
  const text = (field: string) => (typeof asked[field] === "string" ? asked[field] : "");
  const allowed = isAllowed(store, user, rules, {
    verb: text("verb"),
    group: text("group"),
    resource: text("resource"),
    namespace: text("namespace") || null,
    name: text("name") || null,
  });
  const time = wholeSeconds(request.nowMs);
  const claims = claimsAfterUpdate(null, { spec }, managerOf(request), time, true);
  const body = {
    kind: "SelfSubjectAccessReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: { managedFields: writeClaims(claims, "authorization.k8s.io/v1") },
    spec,
    status: { allowed },
  };
  return { status: 201, body };
}

/** What the bindings give in one namespace, ordinary ones apart from those of paths; in no order. */
function reviewRules(store: ObjectStore, request: PartRequest, user: User): PartReply {
  const { spec } = parse(request.body);
  const namespace = isObject(spec) && typeof spec["namespace"] === "string" ? spec["namespace"] : "";
  if (namespace === "") throw badRequest("no namespace on request");
  const rules = rulesOf(store, user, namespace);
  const body = {
    kind: "SelfSubjectRulesReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: {},
    spec: {},
    status: {
      resourceRules: rules.filter(({ resources }) => resources !== undefined),
      nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs !== undefined),
      incomplete: false,
    },
  };
  return { status: 201, body };
}

function parse(body: Buffer): JsonObject {
  const value: unknown = JSON.parse(body.toString("utf8"));
  return isObject(value) ? value : {};
}
