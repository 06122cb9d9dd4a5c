import type { ValueTrace } from "./effects.ts";
import { markAnnotation, parseTargetMark } from "./mark.ts";
import { copyText } from "./site-copies.ts";
import type { TargetSeen, TargetWriter } from "./site-effects.ts";
import type { UnservedReason } from "./site-state.ts";

/**
 * What one target needs, desired × observed:
 *
 * | observed | judgement |
 * |---|---|
 * | absent | `create` (where it is desired) |
 * | another's (immutable, type, installation, ledger id) | `foreign`, never written |
 * | another's (owner, no label of ours) | `foreign`, unless configuration adopts it |
 * | a malformed entry, of any registry | `unserved` malformed: it is not written back as good; with `repair` `write`, without it |
 * | mark of a higher epoch | `higher`: left, and reported |
 * | our mark, epoch and hash | `served` |
 * | no mark, a lower epoch, or another hash | `write` |
 *
 * A target that somebody else writes in our place (`writer`) is `served` by its hash alone, else `unserved`
 * (`not-synced`, and what its writer says of it); it is never made, written or foreign.
 */
export type Judgement =
  | { readonly is: "create" }
  | { readonly is: "served" }
  | { readonly is: "write" }
  | { readonly is: "foreign"; readonly why: string }
  | { readonly is: "higher"; readonly epoch: number }
  /** `text` null: its writer is to be asked for it. */
  | { readonly is: "unserved"; readonly reason: UnservedReason; readonly text: string | null };

export interface Wanted {
  readonly credential: string;
  readonly installation: string;
  readonly adopt: boolean;
  readonly repair?: boolean;
  readonly writer?: TargetWriter | undefined;
  readonly value: ValueTrace;
}

const pullSecretType = "kubernetes.io/dockerconfigjson";

export function judgeTarget(seen: TargetSeen | null, wanted: Wanted): Judgement {
  if (wanted.writer !== undefined) return judgeSynced(seen, wanted.writer, wanted.value);
  if (seen === null) return { is: "create" };
  const foreign = foreignBecause(seen, wanted);
  if (foreign !== null) return { is: "foreign", why: foreign };
  if (seen.malformed !== null && wanted.repair !== true)
    return { is: "unserved", reason: "malformed", text: seen.malformed };
  const mark = parseTargetMark(seen.marks[markAnnotation(wanted.credential)]);
  if (mark !== null && mark.ledgerId !== wanted.value.ledgerId)
    return { is: "foreign", why: `marked by ledger ${mark.ledgerId}` };
  if (mark !== null && mark.epoch > wanted.value.epoch) return { is: "higher", epoch: mark.epoch };
  if (mark?.epoch === wanted.value.epoch && seen.hash === wanted.value.hash) return { is: "served" };
  return { is: "write" };
}

/** A Secret that is only read: whoever owns it, what pods would log in with decides. */
function judgeSynced(seen: TargetSeen | null, writer: TargetWriter, value: ValueTrace): Judgement {
  if (seen !== null && seen.type !== pullSecretType)
    return { is: "unserved", reason: "invalid", text: `its type is ${seen.type}` };
  if (seen !== null && seen.malformed !== null) return { is: "unserved", reason: "malformed", text: seen.malformed };
  if (seen?.hash === value.hash) return { is: "served" };
  // External Secrets has an object of its own to be asked; a copy has what stands on it.
  return { is: "unserved", reason: "not-synced", text: "source" in writer ? copyText(seen, writer) : null };
}

/** Somebody else's Secret is not ours; null: it is, or may be taken. */
export function foreignBecause(seen: TargetSeen, wanted: Pick<Wanted, "installation" | "adopt">): string | null {
  if (seen.immutable) return "it is immutable";
  if (seen.type !== pullSecretType) return `its type is ${seen.type}`;
  if (seen.installation !== null && seen.installation !== wanted.installation)
    return `it belongs to installation ${seen.installation}`;
  if (seen.otherOwners.length > 0 && !wanted.adopt) return `it is written by ${seen.otherOwners.join(", ")}`;
  if (seen.installation === null && !wanted.adopt) return "it was not made by us (adopt: true takes it over)";
  return null;
}

/** Is this Secret a target of the credential, whatever configuration says now? */
export function bearsOurMark(seen: TargetSeen, credential: string, ledgerId: string): boolean {
  return parseTargetMark(seen.marks[markAnnotation(credential)])?.ledgerId === ledgerId;
}
