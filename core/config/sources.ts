import type { TargetConfig } from "./complete.ts";

/** Copies are only read; what they are copied from is a target of its own. */
export function withSources(targets: readonly TargetConfig[]): readonly TargetConfig[] {
  const own = targets.filter((target) => target.by === "capstan");
  const sources = new Map<string, TargetConfig>();
  for (const target of targets) {
    const { source } = target;
    if (!isCopied(target) || source === undefined) continue;
    const { namespace, secret = target.secret } = source;
    const before = sources.get(`${namespace}/${secret}`);
    // Several targets may be copied from one source; it may also be named as a target by itself.
    const named = own.filter((one) => one.secret === secret && names(one).includes(namespace));
    const clusters = target.clusters.filter((cluster) => !named.some((one) => one.clusters.includes(cluster)));
    sources.set(`${namespace}/${secret}`, {
      ...target,
      by: "capstan",
      source: undefined,
      namespaces: { by: "names", names: [namespace] },
      secret,
      serviceAccounts: names(target).includes(namespace) ? target.serviceAccounts : [],
      email: undefined,
      clusters: [...new Set([...(before?.clusters ?? []), ...clusters])],
      adopt: target.adopt || before?.adopt === true,
      repair: target.repair || before?.repair === true,
    });
  }
  // Last, since the last target that selects a Secret decides: a source is never one of its own copies.
  return [...targets.map(asCopies), ...[...sources.values()].filter(({ clusters }) => clusters.length > 0)];
}

/** Written by a tool that copies it. */
export function isCopied({ by }: Pick<TargetConfig, "by">): boolean {
  return by !== "capstan" && by !== "external-secrets";
}

/** Where the Secret is copied from, as `namespace/name`; null: it is not. */
export function sourceOf({ by, source, secret }: Pick<TargetConfig, "by" | "source" | "secret">): string | null {
  return isCopied({ by }) && source !== undefined ? `${source.namespace}/${source.secret ?? secret}` : null;
}

function asCopies(target: TargetConfig): TargetConfig {
  const { source, secret, namespaces } = target;
  if (!isCopied(target) || source === undefined) return target;
  const itself = (source.secret ?? secret) === secret ? source.namespace : null;
  const others =
    namespaces.by === "names"
      ? { ...namespaces, names: namespaces.names.filter((name) => name !== itself) }
      : namespaces;
  return { ...target, namespaces: others, adopt: false, repair: false };
}

const names = ({ namespaces }: TargetConfig): readonly string[] => (namespaces.by === "names" ? namespaces.names : []);
