import type { TargetWrite } from "../../ports/cluster.ts";
import { PortError } from "../../ports/errors.ts";
import { MalformedPullSecretError, mergeLogins, parsePullSecret, pullSecretType } from "../../pullsecret/index.ts";
import type { Secret } from "../../secret.ts";
import type { PullData } from "./remembered.ts";

/** The data to send, in base64: merged once for all Secrets that hold the same text and get the same logins. */
export class MergedData {
  readonly #last = new WeakMap<Secret, { readonly given: string; readonly base64: string }>();

  /** Throws as `mergedText` does. */
  of(system: string, write: TargetWrite, current: PullData): string {
    const { type, text } = current;
    const logins = Object.entries(write.logins).map(([key, one]) => [key, one.username, one.password.reveal()]);
    const given = JSON.stringify([type, write.repair === true, logins]);
    const before = text === null ? undefined : this.#last.get(text);
    if (before?.given === given) return before.base64;
    const base64 = Buffer.from(mergedText(system, write, current), "utf8").toString("base64");
    if (text !== null) this.#last.set(text, { given, base64 });
    return base64;
  }
}

/**
 * The text to send: our logins merged into the one read, parsed once more as kubelet would. Throws
 * `invalid` (`malformed-neighbour`, `too-large`) and `conflict` (`immutable`: a type cannot change).
 */
export function mergedText(system: string, write: TargetWrite, current: PullData): string {
  const where = { system, operation: "secrets.patch" };
  const subject = `${system}: secrets.patch ${write.namespace}/${write.name}`;
  if (current.type !== pullSecretType) {
    const message = `${subject}: its type is no ${pullSecretType}, and a type cannot be changed`;
    throw new PortError("conflict", message, { ...where, reason: "immutable" });
  }
  try {
    const text = mergeLogins(current.text?.reveal() ?? null, write.logins, write.repair === true ? "drop" : "refuse");
    const content = parsePullSecret(pullSecretType, text);
    if (content.state === "parsed") return text;
    const why = content.state === "malformed" ? content.why : "nothing to send";
    throw new MalformedPullSecretError(content.state === "malformed" ? content.entry : null, why);
  } catch (error) {
    if (!(error instanceof MalformedPullSecretError)) throw error;
    if (error.entry === null && /^over \d+ bytes$/.test(error.why)) {
      throw new PortError("invalid", `${subject}: ${error.why}`, { ...where, reason: "too-large" });
    }
    // Our own login may be what nobody could read; that is no neighbour's fault.
    const ours = error.entry !== null && Object.hasOwn(write.logins, error.entry);
    const parsed = parsePullSecret(pullSecretType, current.text?.reveal() ?? null).state !== "malformed";
    const message = `${subject}: ${error.entry === null ? "" : `entry ${error.entry}: `}${error.why}`;
    throw new PortError("invalid", message, ours && parsed ? where : { ...where, reason: "malformed-neighbour" });
  }
}
