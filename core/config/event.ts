import * as z from "zod";
import { showKey, showPath } from "./problem.ts";

/** What a function is asked to do. `credentials`: empty is all. */
export type Command =
  | { readonly action: "status"; readonly credentials: readonly string[] }
  | { readonly action: "tick"; readonly credentials: readonly string[]; readonly resume?: boolean | undefined }
  | { readonly action: "rotate"; readonly credentials: readonly string[]; readonly dedupeId?: string | undefined }
  | {
      readonly action: "rollback";
      readonly credentials: readonly string[];
      readonly generation: number | null;
      readonly dedupeId?: string | undefined;
    }
  | {
      readonly action: "revoke";
      readonly credentials: readonly string[];
      readonly generation: number;
      readonly now: boolean;
    };

/** An event that is neither a schedule's nor well formed. The message names the place, never the event's text. */
export class EventRefused extends Error {
  constructor(place: string, why: string) {
    super(`event refused: ${place === "" ? "" : `${place}: `}${why}`);
    this.name = "EventRefused";
  }
}

const eventCharactersMax = 65_536;

const credentialName = z.string().min(1).max(63);
const credentials = z.array(credentialName).max(1_000).default([]);
const one = z.array(credentialName).min(1).max(1);
const generation = z.int().min(1);
/** Names the event: delivered twice it is taken once. */
const dedupeId = z.string().min(1).max(128).optional();

/** Ours: a manual invocation. Unknown keys are refused. */
const manualSchema = z.strictObject({
  capstan: z.discriminatedUnion("action", [
    z.strictObject({ action: z.literal("tick"), credentials, resume: z.boolean().optional() }),
    z.strictObject({ action: z.literal("rotate"), credentials, dedupeId }),
    z.strictObject({ action: z.literal("status"), credentials }),
    z.strictObject({
      action: z.literal("rollback"),
      credentials: one,
      generation: generation.nullable().default(null),
      dedupeId,
    }),
    z.strictObject({ action: z.literal("revoke"), credentials: one, generation, now: z.boolean().default(false) }),
  ]),
});

/** Events of the clouds' schedulers; they may gain keys (operators.md §5). */
const scheduleSchema = z.union([
  z.looseObject({ "detail-type": z.literal("Scheduled Event"), source: z.enum(["aws.events", "aws.scheduler"]) }),
  z.looseObject({ scheduleArn: z.string().startsWith("arn:"), scheduledTime: z.string() }),
  z.looseObject({ isPastDue: z.boolean(), schedule: z.looseObject({}) }),
]);

const tickOfAll: Command = { action: "tick", credentials: [] };

/**
 * An event as a cloud hands it over → what to do. Nothing, an empty object and what a scheduler sends
 * mean a tick; `{"capstan": {"action"?, "credentials"?, "generation"?, "now"?, "resume"?}}` is a manual invocation, a
 * tick where it names no action. Throws `EventRefused` for everything else.
 */
export function readEvent(event: unknown): Command {
  if (event === undefined || event === null) return tickOfAll;
  if (typeof event !== "object" || Array.isArray(event)) throw new EventRefused("", "it is no document");
  if (Object.hasOwn(event, "capstan")) return readManual(event as { capstan: unknown });
  if (Object.keys(event).length === 0 || scheduleSchema.safeParse(event).success) return tickOfAll;
  throw new EventRefused("", 'it comes from no scheduler that is known here and has no key "capstan"');
}

/** Where the event names none, the id by which the platform delivers (and delivers again) it. */
export function withDedupeId(command: Command, deliveryId: string): Command {
  if (command.action !== "rotate" && command.action !== "rollback") return command;
  return { ...command, dedupeId: command.dedupeId ?? deliveryId };
}

/** The same for an event that comes as text: JSON, or nothing at all. */
export function readEventText(text: string): Command {
  if (text.length > eventCharactersMax) throw new EventRefused("", `it is over ${eventCharactersMax} characters long`);
  if (text.trim() === "") return tickOfAll;
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new EventRefused("", "it is not JSON");
  }
  return readEvent(event);
}

function readManual(event: { readonly capstan: unknown }): Command {
  const inner = event.capstan;
  const asked = typeof inner === "object" && inner !== null && !Array.isArray(inner) && !("action" in inner);
  const parsed = manualSchema.safeParse(asked ? { ...event, capstan: { ...inner, action: "tick" } } : event);
  if (parsed.success) return parsed.data.capstan;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw new EventRefused("", "it is not well formed");
  const path = issue.path.map((segment) => (typeof segment === "number" ? segment : String(segment)));
  throw new EventRefused(showPath(path), explain(issue));
}

/** In our words: zod's messages may quote values. */
function explain(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `unknown key ${showKey(issue.keys[0] ?? "")}`;
    case "invalid_type":
      return `missing, or no ${issue.expected}`;
    case "invalid_union":
      return "is none of tick, rotate, status, rollback, revoke";
    case "too_small":
      return `${issue.minimum} is the least`;
    case "too_big":
      return `${issue.maximum} is the most`;
    default:
      return "is not well formed";
  }
}
