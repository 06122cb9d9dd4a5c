import type { CopySeen, TargetSeen, TargetWriter } from "./site-effects.ts";

type Copied = Extract<TargetWriter, { readonly source: string }>;

const names: Readonly<Record<CopySeen["by"], string>> = {
  replicator: "kubernetes-replicator",
  reflector: "reflector",
  kyverno: "Kyverno",
};

/** Why a copy does not hold the current login, as far as it tells itself; for people. */
export function copyText(seen: TargetSeen | null, { by, source }: Copied): string {
  const say = (words: string) => `by ${names[by]} from ${source}: ${words}`;
  if (seen === null) return say("there is no copy yet");
  const { copy, otherOwners } = seen;
  if (copy?.by !== by) {
    const others = otherOwners.length === 0 ? "" : `; it is written by ${otherOwners.join(", ")}`;
    return say(`nothing shows that it is a copy${others}`);
  }
  if (copy.source !== null && copy.source !== source) return say(`it is a copy of ${copy.source}`);
  return say(`not copied since${copy.state === null ? "" : `, it is ${copy.state} of its source`}`);
}
