import type { Config, TargetConfig } from "../complete.ts";
import { areDisjoint, parseLabelSelector } from "../label-selector.ts";
import type { Finding, PathSegment } from "../problem.ts";
import { isCopied } from "../sources.ts";

interface Claim {
  readonly credential: string;
  readonly path: readonly PathSegment[];
  readonly namespaces: TargetConfig["namespaces"];
}

/**
 * A registry key of a target belongs to exactly one credential (rotation.md). Namespaces chosen by
 * label may change at any time, so two choices must exclude each other in what they say.
 */
export function checkTargets(config: Config): readonly Finding[] {
  const findings: Finding[] = [];
  const places = new Map<string, Claim[]>();
  for (const [name, credential] of Object.entries(config.credentials)) {
    for (const target of credential.targets) {
      const path = ["credentials", name, "targets", target.at];
      findings.push(...checkWriter(target, path));
      const claim = { credential: name, path, namespaces: target.namespaces };
      for (const cluster of new Set(target.clusters)) {
        // An endpoint holds one login, whatever registry it is for.
        const host = target.kind === "endpoint" ? "" : credential.registryHost;
        const place = JSON.stringify([cluster, target.secret, host]);
        const others = places.get(place) ?? [];
        const meeting = others.find((other) => meet(other, claim));
        if (meeting !== undefined)
          findings.push(explain(claim, meeting, cluster, target.secret, credential.registryHost));
        places.set(place, [...others, claim]);
      }
    }
  }
  return findings;
}

/** What External Secrets writes is never written by us, whatever stands there; a copy has a source, and nothing else has. */
function checkWriter(target: TargetConfig, path: readonly PathSegment[]): readonly Finding[] {
  if (isCopied(target)) {
    const mend = "add source: { namespace: …, secret: … }, the Secret that it copies; Capstan writes that one";
    return target.source === undefined
      ? [{ path: [...path, "by"], problem: `says that ${target.by} copies it, and not from where`, mend }]
      : [];
  }
  if (target.source !== undefined) {
    const mend = "take it out, or write by: replicator, reflector or kyverno";
    return [{ path: [...path, "source"], problem: `is not for targets that ${target.by} writes`, mend }];
  }
  if (target.by === "capstan") return [];
  const vain = (["adopt", "repair"] as const).filter((key) => target[key]);
  const mend = "take it out, or leave by out";
  return vain.map((key) => ({ path: [...path, key], problem: `is not for targets that ${target.by} writes`, mend }));
}

function explain(claim: Claim, other: Claim, cluster: string, secret: string, host: string): Finding {
  if (other.credential === claim.credential) {
    const mend = "keep one of them";
    return {
      path: claim.path,
      problem: `names a namespace of an earlier target again (Secret ${secret}, cluster ${cluster})`,
      mend,
    };
  }
  const selected = claim.namespaces.by === "selector" || other.namespaces.by === "selector";
  const sure = selected ? "may write" : "writes";
  const except = selected ? ", list namespaces under except, or choose by values of one label" : "";
  return {
    path: claim.path,
    problem: `${sure} the entry ${host} of the Secret ${secret} in cluster ${cluster}, as ${other.credential} does`,
    mend: `an entry belongs to one credential: use another Secret's name${except}`,
  };
}

/** May (for two credentials) or does (within one, where nothing is lost by a doubt) both write one namespace? */
function meet(one: Claim, other: Claim): boolean {
  const [left, right] = [one.namespaces, other.namespaces];
  if (left.by === "names" && right.by === "names") return left.names.some((name) => right.names.includes(name));
  if (one.credential === other.credential) return false;
  if (left.by === "names" && right.by === "selector") return left.names.some((name) => !right.except.includes(name));
  if (left.by === "selector" && right.by === "names") return right.names.some((name) => !left.except.includes(name));
  if (left.by !== "selector" || right.by !== "selector") return false;
  return !areDisjoint(parseLabelSelector(left.labelSelector) ?? [], parseLabelSelector(right.labelSelector) ?? []);
}
