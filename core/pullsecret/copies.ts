/** Tools that copy a Secret of one namespace into others. */
export type Copier = "replicator" | "reflector" | "kyverno";

/** What a copy tells of how it came to be. */
export interface CopyTraces {
  readonly by: Copier;
  /** `namespace/name`; null: it does not say (a copy that kubernetes-replicator pushed). */
  readonly source: string | null;
  /** Which state of the source it is, for people; null: it does not say. */
  readonly state: string | null;
}

interface Marked {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Null: nothing shows that it is a copy. By what the tools leave (read in kubernetes-replicator v2.12, reflector v10,
 * Kyverno v1.19): kubernetes-replicator pushes a source's labels along, reflector only its data, Kyverno all labels
 * and annotations, our marks among them. So a copy is judged by what it holds, never by its marks.
 */
export function copyTraces({ labels, annotations }: Marked): CopyTraces | null {
  const pulled = annotations["replicator.v1.mittwald.de/replicate-from"];
  const pushed = annotations["replicator.v1.mittwald.de/replicated-from-version"];
  if (pulled !== undefined || pushed !== undefined)
    return {
      by: "replicator",
      source: pulled === undefined ? null : placeOf(pulled),
      state: stateOf(pushed, annotations["replicator.v1.mittwald.de/replicated-at"]),
    };
  const reflects = annotations["reflector.v1.k8s.emberstack.com/reflects"];
  if (reflects !== undefined)
    return {
      by: "reflector",
      source: placeOf(reflects),
      state: stateOf(
        annotations["reflector.v1.k8s.emberstack.com/reflected-version"],
        annotations["reflector.v1.k8s.emberstack.com/reflected-at"],
      ),
    };
  if (labels["generate.kyverno.io/policy-name"] === undefined) return null;
  const [namespace, name] = ["namespace", "name"].map((part) => labels[`generate.kyverno.io/source-${part}`]);
  // A rule may also make a Secret of its own: nothing is copied then.
  return namespace === undefined || name === undefined
    ? null
    : { by: "kyverno", source: `${namespace}/${name}`, state: null };
}

const placeOf = (text: string) => (/^[a-z0-9.-]{1,253}\/[a-z0-9.-]{1,253}$/.test(text) ? text : null);

/** Others wrote these words, and they are shown: only what they should be is taken. */
function stateOf(version: string | undefined, at: string | undefined): string | null {
  if (version === undefined || !/^\d{1,20}$/.test(version)) return null;
  return at !== undefined && /^\d{4}-\d\d-\d\dT[\d:.]{8,20}(?:Z|[+-]\d\d:\d\d)$/.test(at)
    ? `version ${version} at ${at}`
    : `version ${version}`;
}
