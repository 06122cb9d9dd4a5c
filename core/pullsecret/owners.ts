import { type Copier, copyTraces } from "./copies.ts";

/** What tells who else writes a Secret, beside the field managers of its data. */
export interface OwnerTraces {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, string>>;

interface Tool {
  readonly tool: string;
  /** Null: not this one's. Else what more there is to say; empty: nothing. */
  readonly knows: (traces: OwnerTraces) => string | null;
}

const labelled =
  (key: string, value?: string) =>
  ({ labels }: OwnerTraces) =>
    has(labels, key, value) ? `label ${key}` : null;
const annotated =
  (key: string) =>
  ({ annotations }: OwnerTraces) =>
    has(annotations, key) ? `annotation ${key}` : null;
const either =
  (...tests: readonly Tool["knows"][]) =>
  (traces: OwnerTraces) =>
    tests.map((test) => test(traces)).find((found) => found !== null) ?? null;

function has(fields: Fields, key: string, value?: string): boolean {
  return Object.hasOwn(fields, key) && (value === undefined || fields[key] === value);
}

/** A copy is written again whenever its source changes: only the source is worth writing. */
const copiedBy = (copier: Copier) => (traces: OwnerTraces) => {
  const found = copyTraces(traces);
  return found?.by === copier ? `a copy of ${found.source ?? "another Secret"}; make that the target` : null;
};

/**
 * Tools that write a Secret, or will write it again, by the marks that they leave (operators.md 4.2). A copied
 * Argo CD id, one that names another object, says nothing.
 */
const tools: readonly Tool[] = [
  {
    tool: "External Secrets",
    knows: either(
      labelled("reconcile.external-secrets.io/managed", "true"),
      annotated("reconcile.external-secrets.io/data-hash"),
    ),
  },
  { tool: "Secrets Store CSI driver", knows: labelled("secrets-store.csi.k8s.io/managed", "true") },
  {
    tool: "Argo CD",
    knows: ({ annotations, namespace, name }) => {
      const key = "argocd.argoproj.io/tracking-id";
      const itself = /^[^:]+:[^/:]*\/Secret:(.+)$/.exec(annotations[key] ?? "")?.[1];
      return itself === `${namespace}/${name}` ? `annotation ${key}` : null;
    },
  },
  {
    tool: "Flux",
    knows: either(labelled("kustomize.toolkit.fluxcd.io/name"), labelled("helm.toolkit.fluxcd.io/name")),
  },
  {
    tool: "Helm",
    knows: (traces) =>
      has(traces.labels, "app.kubernetes.io/managed-by", "Helm")
        ? annotated("meta.helm.sh/release-name")(traces)
        : null,
  },
  { tool: "Sealed Secrets", knows: annotated("sealedsecrets.bitnami.com/managed") },
  { tool: "kubernetes-replicator", knows: copiedBy("replicator") },
  { tool: "reflector", knows: copiedBy("reflector") },
  { tool: "Kyverno", knows: either(copiedBy("kyverno"), labelled("generate.kyverno.io/policy-name")) },
  {
    tool: "Capsule",
    knows: either(labelled("projectcapsule.dev/managed-by"), labelled("capsule.clastix.io/managed-by")),
  },
  { tool: "vcluster", knows: labelled("vcluster.loft.sh/managed-by") },
  {
    tool: "OpenShift",
    knows: ({ namespace, name }) => {
      if (namespace === "openshift-config" && name === "pull-secret") return "the nodes' own pull secret";
      return /-dockercfg-[a-z0-9]{5}$/.test(name) ? "generated for a ServiceAccount" : null;
    },
  },
];

/** `Helm (annotation meta.helm.sh/release-name)`, one text per tool that is seen; sorted. */
export function toolsThatWrite(traces: OwnerTraces): readonly string[] {
  return tools.flatMap(({ tool, knows }) => {
    const why = knows(traces);
    return why === null ? [] : [`${tool} (${why})`];
  });
}

/** Field managers that tell their tool by another name. */
const managers: Readonly<Record<string, string>> = {
  "argocd-controller": "Argo CD",
  "kustomize-controller": "Flux",
  "helm-controller": "Flux",
  helm: "Helm",
  HashiCorp: "Terraform",
};

/** `argocd-controller (Argo CD)`; a manager that nobody knows stays as it is. */
export function managerWithTool(manager: string): string {
  return Object.hasOwn(managers, manager) ? `${manager} (${managers[manager]})` : manager;
}
