import { isObject, type Json, type JsonObject, type KubeObject, sameJson } from "./objects.ts";
import { type Cause, StatusFailure } from "./status.ts";
import type { ObjectStore } from "./store.ts";

const containerDefaults = {
  resources: {},
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
};
const specDefaults = {
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  securityContext: {},
  schedulerName: "default-scheduler",
  enableServiceLinks: true,
};
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The defaults of a pod's spec, as far as pull Secrets and containers go (transcripts pods). Left out:
 * init containers, ports, probes, volumes of every kind but the token's.
 */
export function defaultPodSpec(given: Json | undefined): JsonObject {
  const spec = isObject(given) ? given : {};
  const containers = (Array.isArray(spec["containers"]) ? (spec["containers"] as readonly Json[]) : []).map((item) => {
    const container = isObject(item) ? item : {};
    return { ...containerDefaults, imagePullPolicy: defaultPolicy(String(container["image"] ?? "")), ...container };
  });
  const account = spec["serviceAccountName"] ?? spec["serviceAccount"];
  const accounts = account === undefined ? {} : { serviceAccountName: account, serviceAccount: account };
  return { ...specDefaults, ...spec, ...accounts, containers };
}

/** `latest`, said or meant, is pulled each time. An image that is no reference counts as one with a tag. */
function defaultPolicy(image: string): string {
  if (image.includes("@") || image !== image.toLowerCase()) return "IfNotPresent";
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? "latest";
  return tag === "latest" ? "Always" : "IfNotPresent";
}

/**
 * What admission adds to a new pod: its ServiceAccount's `imagePullSecrets` unless it names its own, the
 * token's volume, tolerations, priority. Throws the 403 of an account that does not exist.
 */
export function admitPod(store: ObjectStore, pod: KubeObject): KubeObject {
  const namespace = pod.metadata.namespace ?? "";
  const spec = pod["spec"] as JsonObject;
  const name = String(spec["serviceAccountName"] ?? "default");
  const account = store.get("serviceaccounts", namespace, name);
  if (account === null) {
    const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
    const details = { name: pod.metadata.name, kind: "pods" };
    throw new StatusFailure(403, "Forbidden", `pods "${pod.metadata.name}" is forbidden: ${why}`, details);
  }
  const own = spec["imagePullSecrets"];
  const inherited = account["imagePullSecrets"] as Json | undefined;
  const pull = own ?? inherited;
  const volume = `kube-api-access-${store.randomName()}`;
  const mount = { name: volume, readOnly: true, mountPath: tokenPath };
  const containers = (spec["containers"] as readonly JsonObject[]).map((container) => ({
    ...container,
    volumeMounts: [...((container["volumeMounts"] as readonly Json[] | undefined) ?? []), mount],
  }));
  const tolerations = ["not-ready", "unreachable"].map((why) => ({
    key: `node.kubernetes.io/${why}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: 300,
  }));
  const admitted = {
    ...spec,
    serviceAccountName: name,
    serviceAccount: name,
    ...(pull === undefined ? {} : { imagePullSecrets: pull }),
    volumes: [...((spec["volumes"] as readonly Json[] | undefined) ?? []), tokenVolume(volume)],
    containers,
    tolerations: [...((spec["tolerations"] as readonly Json[] | undefined) ?? []), ...tolerations],
    priority: 0,
    preemptionPolicy: "PreemptLowerPriority",
  };
  const status = { phase: "Pending", qosClass: "BestEffort" };
  return { ...pod, metadata: { ...pod.metadata, generation: 1 }, spec: admitted, status };
}

function tokenVolume(name: string): JsonObject {
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    {
      downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] },
    },
  ];
  return { name, projected: { sources, defaultMode: 420 } };
}

const mayChange =
  "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/** The refusal of a change to what a pod keeps for life; the real server's goes on with a diff of its own structs. */
export function podUpdateCauses(before: KubeObject, after: KubeObject): Cause[] {
  if (sameJson(lasting(before), lasting(after))) return [];
  const message = `Forbidden: pod updates may not change fields other than ${mayChange}`;
  return [{ reason: "FieldValueForbidden", message, field: "spec" }];
}

function lasting(pod: KubeObject): JsonObject {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...spec } = (pod["spec"] ?? {}) as JsonObject;
  const containers = ((spec["containers"] ?? []) as readonly JsonObject[]).map(({ image: _image, ...rest }) => rest);
  return { ...spec, containers };
}
