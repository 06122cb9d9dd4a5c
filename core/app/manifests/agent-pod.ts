import type { RunnerAccount } from "../rbac.ts";
import { identityFields, type WorkloadIdentity } from "./identity.ts";

export const probePort = 8_080;

/** Nobody's on any node: distributions give it to what must be no user. */
const userId = 65_532;
const folder = "/etc/capstan";
/** As in serverless.yml: most of what a tick makes is gone with the next reply; left alone, Node lets it pile up. */
export const nodeOptions = "--max-semi-space-size=4 --max-old-space-size=192";
/** The kubelet's own grace on top of a request that is under way. */
const graceMsMin = 30_000;

export interface PodOptions {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly image: string;
  readonly account: RunnerAccount;
  readonly identity: WorkloadIdentity | null;
  readonly files: Readonly<Record<string, string>>;
  /** It goes on and answers probes; else it runs once. */
  readonly stays: boolean;
  /** How long a call under way may take after SIGTERM. */
  readonly graceMs: number;
}

/** A pod template by the pod security standard `restricted`, with a root file system that nobody writes. */
export function podOf(options: PodOptions): object {
  const { name, labels, account, identity, stays, graceMs } = options;
  const { podLabels } = identityFields(identity);
  return {
    metadata: { labels: { ...labels, ...podLabels } },
    spec: {
      serviceAccountName: account.name,
      automountServiceAccountToken: true,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: Math.ceil((graceMs + graceMsMin) / 1_000),
      ...(stays ? {} : { restartPolicy: "Never" }),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: userId,
        runAsGroup: userId,
        fsGroup: userId,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [container(options)],
      volumes: [{ name: "configuration", configMap: { name } }],
    },
  };
}

function container({ image, args, stays }: PodOptions): object {
  return {
    name: "capstan",
    image,
    args,
    env: [
      { name: "CAPSTAN_CONFIG", value: `${folder}/capstan.yaml` },
      { name: "NODE_OPTIONS", value: nodeOptions },
    ],
    ...(stays ? probes : {}),
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      privileged: false,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "configuration", mountPath: folder, readOnly: true }],
  };
}

const ask = (path: string, periodSeconds: number, failureThreshold: number) => ({
  httpGet: { path, port: "probes" },
  periodSeconds,
  timeoutSeconds: 5,
  failureThreshold,
});

const probes = {
  ports: [{ name: "probes", containerPort: probePort }],
  livenessProbe: ask("/healthz", 30, 3),
  readinessProbe: ask("/readyz", 10, 3),
};
