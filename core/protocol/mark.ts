/**
 * How our things are recognised: robots by name *and* description, targets by an annotation.
 * The name alone is a pattern anybody may use; the ledger id makes it ours.
 */
export interface RobotMark {
  readonly ledgerId: string;
  readonly credential: string;
  readonly generation: number;
  readonly attempt: string;
  /** Of a fixed robot; null: one that was made for this attempt alone. */
  readonly slot: Slot | null;
}

/** The two robots of fixed names that a credential may alternate between. */
export const slots = ["a", "b"] as const;
export type Slot = (typeof slots)[number];

/** `<credential>-ga`: a fixed name, for allow-lists. Listed with the others (`robotNamePrefix`). */
export function slotName(credential: string, slot: Slot): string {
  return `${robotNamePrefix(credential)}${slot}`;
}

/** Null: not the name of a fixed robot of this credential. */
export function slotOfName(credential: string, username: string): Slot | null {
  return slots.find((slot) => username.endsWith(slotName(credential, slot))) ?? null;
}

/** `<credential>-g<n>-<attempt>`: a name of its own per attempt, since a lost reply leaves a robot nobody can use. */
export function robotName(credential: string, generation: number, attempt: string): string {
  return `${credential}-g${generation}-${attempt}`;
}

/** All robots of a credential have names that start so. */
export function robotNamePrefix(credential: string): string {
  return `${credential}-g`;
}

export function robotDescription(mark: Omit<RobotMark, "slot">): string {
  return `capstan:${mark.ledgerId}:${mark.credential}:g${mark.generation}:${mark.attempt}`;
}

const descriptionPattern = /^capstan:([0-9a-f]{32}):([a-z0-9-]{1,63}):g([1-9]\d{0,8}):([0-9a-f]{4,16})$/;

/** Null unless description and name agree (the name's prefix aside, since it belongs to the registry). */
export function parseRobotMark(username: string, description: string): RobotMark | null {
  const match = descriptionPattern.exec(description);
  if (match === null) return null;
  const [, ledgerId, credential, generation, attempt] = match as unknown as [string, string, string, string, string];
  const mark = { ledgerId, credential, generation: Number(generation), attempt };
  if (username.endsWith(robotName(credential, mark.generation, attempt))) return { ...mark, slot: null };
  const slot = slotOfName(credential, username);
  return slot === null ? null : { ...mark, slot };
}

export interface TargetMark {
  readonly ledgerId: string;
  readonly epoch: number;
}

export const markAnnotationPrefix = "epoch.capstan.dev/";
export const installationLabel = "capstan.dev/installation";
export const managedByLabel = "app.kubernetes.io/managed-by";

export function markAnnotation(credential: string): string {
  return `${markAnnotationPrefix}${credential}`;
}

export function formatTargetMark(mark: TargetMark): string {
  return `${mark.ledgerId}.${mark.epoch}`;
}

const targetMarkPattern = /^([0-9a-f]{32})\.([1-9]\d{0,14})$/;

export function parseTargetMark(text: string | undefined): TargetMark | null {
  const match = targetMarkPattern.exec(text ?? "");
  if (match === null) return null;
  const [, ledgerId, epoch] = match as unknown as [string, string, string];
  return { ledgerId, epoch: Number(epoch) };
}
