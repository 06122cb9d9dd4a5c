import type { OutsideSecret } from "./cluster-suite.ts";

export type CopierName = "replicator push" | "replicator pull" | "reflector" | "kyverno";

interface Kept {
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface SourceSecret extends Kept {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
}

/**
 * What each tool leaves when it copies `source` over `before` (null: nothing there), as read in kubernetes-replicator
 * v2.12, reflector v10 and Kyverno v1.19. All three write as ordinary writers. A pulled copy stands there before, with
 * the annotation that asks for it.
 */
export const copiers: Readonly<
  Record<CopierName, (source: SourceSecret, before: Kept | null, at: Date) => OutsideSecret & Kept>
> = {
  "replicator push": (source, before, at) => ({
    text: source.text,
    labels: source.labels,
    annotations: { ...before?.annotations, ...replicated(source, at) },
    manager: "kubernetes-replicator",
  }),
  "replicator pull": (source, before, at) => ({
    text: source.text,
    labels: before?.labels ?? {},
    annotations: {
      "replicator.v1.mittwald.de/replicate-from": `${source.namespace}/${source.name}`,
      ...before?.annotations,
      ...replicated(source, at),
    },
    manager: "kubernetes-replicator",
  }),
  reflector: (source, before, at) => ({
    text: source.text,
    labels: before?.labels ?? {},
    annotations: {
      ...before?.annotations,
      "reflector.v1.k8s.emberstack.com/auto-reflects": "True",
      "reflector.v1.k8s.emberstack.com/reflects": `${source.namespace}/${source.name}`,
      "reflector.v1.k8s.emberstack.com/reflected-version": source.resourceVersion,
      "reflector.v1.k8s.emberstack.com/reflected-at": at.toISOString().replace("Z", "0000+00:00"),
    },
    manager: "reflector",
  }),
  // Labels and annotations of the source come along, our own among them.
  kyverno: (source) => ({
    text: source.text,
    labels: {
      ...source.labels,
      "generate.kyverno.io/clone-source": "",
      "generate.kyverno.io/policy-name": "sync-pull-secret",
      "generate.kyverno.io/rule-name": "sync",
      "generate.kyverno.io/source-group": "",
      "generate.kyverno.io/source-kind": "Secret",
      "generate.kyverno.io/source-name": source.name,
      "generate.kyverno.io/source-namespace": source.namespace,
      "generate.kyverno.io/source-version": "v1",
    },
    annotations: source.annotations,
    manager: "kyverno",
  }),
};

function replicated({ resourceVersion }: SourceSecret, at: Date): Readonly<Record<string, string>> {
  return {
    "replicator.v1.mittwald.de/replicated-at": `${at.toISOString().slice(0, 19)}Z`,
    "replicator.v1.mittwald.de/replicated-from-version": resourceVersion,
    "replicator.v1.mittwald.de/replicated-keys": ".dockerconfigjson",
  };
}
