import type { GcpSecret } from "../http/gcp-secrets.ts";

/** The alias that readers ask for; `latest` is the newest created, whatever its state, and never used here. */
export const currentAlias = "current";

/**
 * What is known of a version, kept in an annotation of its secret (`capstan-v<number>`), since a version
 * itself carries nothing. An alias per epoch would serve too, but there are 50 of them and an epoch may have
 * several versions. Everything else in the annotations is somebody else's and stays.
 */
export interface Mark {
  readonly epoch: number;
  /** Of the call that wrote it; null: replaced or being discarded, never taken for a repeat of that call. */
  readonly token: string | null;
}

type Annotations = Readonly<Record<string, string>>;

/** AddSecretVersion knows no request id: who is about to call it says so here first. */
const writingKey = "capstan-writing";
const markKeyPattern = /^capstan-v([1-9]\d{0,14})$/;
const markPattern = /^(\d{1,15})\.([a-z0-9-]{1,64}|\*)$/;

const keyOf = (number: number): string => `capstan-v${number}`;
const textOf = ({ epoch, token }: Mark): string => `${epoch}.${token ?? "*"}`;

/** Null for a version that is not ours. */
export function markOf(annotations: Annotations, number: number): Mark | null {
  const parts = markPattern.exec(annotations[keyOf(number)] ?? "");
  return parts === null ? null : { epoch: Number(parts[1]), token: parts[2] === "*" ? null : (parts[2] ?? null) };
}

export function withMark(annotations: Annotations, number: number, mark: Mark): Annotations {
  return { ...annotations, [keyOf(number)]: textOf(mark) };
}

/** Versions that a call with this token made, newest first. */
export function numbersOfToken(annotations: Annotations, token: string): readonly number[] {
  return markedNumbers(annotations)
    .filter((number) => markOf(annotations, number)?.token === token)
    .sort((one, other) => other - one);
}

function markedNumbers(annotations: Annotations): readonly number[] {
  return Object.keys(annotations)
    .map((key) => Number(markKeyPattern.exec(key)?.[1] ?? 0))
    .filter((number) => number > 0);
}

/** A later version took its place, or it is being discarded: no call takes it for its own any more. */
export function isReplaced(annotations: Annotations, number: number): boolean {
  return markOf(annotations, number)?.token === null;
}

/** Of these versions no token is left; their epochs stay. */
export function withoutTokens(annotations: Annotations, numbers: readonly number[]): Annotations {
  let left = annotations;
  for (const number of numbers) {
    const mark = markOf(left, number);
    if (mark !== null) left = withMark(left, number, { epoch: mark.epoch, token: null });
  }
  return left;
}

/**
 * As the marks are once the version `current` takes the place of all others. What had no token before and is not
 * among the `living` is gone, and its mark goes too: until then an interrupted discard is seen by its epoch, and
 * repeated.
 */
export function replacedBy(annotations: Annotations, current: number, living: readonly number[]): Annotations {
  const others = markedNumbers(annotations).filter((number) => number !== current);
  const gone = others.filter((number) => isReplaced(annotations, number) && !living.includes(number));
  const goneKeys = new Set(gone.map(keyOf));
  const left = Object.fromEntries(Object.entries(annotations).filter(([key]) => !goneKeys.has(key)));
  return withoutTokens(left, others);
}

/** Says that a version with this mark is about to be added. */
export function withWriting(annotations: Annotations, mark: Mark): Annotations {
  return { ...annotations, [writingKey]: textOf(mark) };
}

export function withoutWriting(annotations: Annotations): Annotations {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== writingKey));
}

export function isWriting(annotations: Annotations, mark: Mark): boolean {
  return annotations[writingKey] === textOf(mark);
}

/** The version that readers get; null where there is none. */
export function currentOf(secret: GcpSecret): number | null {
  return secret.aliases[currentAlias] ?? null;
}
