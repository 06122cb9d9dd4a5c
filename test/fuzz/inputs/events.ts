import fc from "fast-check";
import { type Command, EventRefused, readEvent, readEventText, withDedupeId } from "../../../core/config/event.ts";
import { readCloudEvent, readHttpBody } from "../../../functions/gcp/events.ts";
import { editJson, jsonEdits } from "../hostile/json-edits.ts";
import { hostileText, planted } from "../hostile/texts.ts";
import { leaksOf } from "../hostile/verdict.ts";
import { of, pure } from "../property.ts";

/** What the clouds' schedulers and people send (operators.md §5, documented shapes). */
const good: readonly object[] = [
  {
    version: "0",
    id: "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: "123456789012",
    time: "2026-11-25T00:00:00Z",
    region: "eu-central-1",
    resources: ["arn:aws:events:eu-central-1:123456789012:rule/capstan"],
    detail: {},
  },
  { scheduleArn: "arn:aws:scheduler:eu-central-1:1:schedule/default/capstan", scheduledTime: "2026-11-25T00:00:00Z" },
  { isPastDue: true, schedule: { adjustForDST: true }, scheduleStatus: null },
  {},
  { capstan: {} },
  { capstan: { action: "tick", credentials: ["platform-pull"] } },
  { capstan: { action: "rotate", credentials: ["platform-pull"], dedupeId: "d-1" } },
  { capstan: { action: "status" } },
  { capstan: { action: "rollback", credentials: ["platform-pull"], generation: 3, dedupeId: "d-2" } },
  { capstan: { action: "revoke", credentials: ["platform-pull"], generation: 3, now: true } },
];
const goodText = fc.constantFrom(...good.map((event) => JSON.stringify(event)));
const messageCharactersMax = 400;

/** A command as its type says, or `EventRefused` in words that hold nothing of the event. */
export function complaintsAboutEvent(read: () => Command): readonly string[] {
  let command: Command;
  try {
    command = read();
  } catch (error) {
    if (!(error instanceof EventRefused)) return [`no EventRefused: ${error instanceof Error ? error.stack : error}`];
    const { message } = error;
    const long = message.length > messageCharactersMax ? [`a message of ${message.length} characters`] : [];
    const unprintable = /[\p{Cc}\u2028\u2029]/u.test(message) ? [`unprintable: ${JSON.stringify(message)}`] : [];
    return [...long, ...unprintable, ...leaksOf(error, [])];
  }
  const { action, credentials } = command;
  const named = Array.isArray(credentials) && credentials.every((one) => typeof one === "string" && one !== "");
  const generation = "generation" in command ? command.generation : null;
  const dedupeId = "dedupeId" in command ? command.dedupeId : undefined;
  return [
    ...(["tick", "rotate", "status", "rollback", "revoke"].includes(action) ? [] : [`action ${action}`]),
    ...(named ? [] : ["credentials that are no names"]),
    ...(generation === null || (Number.isSafeInteger(generation) && generation > 0) ? [] : ["no generation"]),
    ...(dedupeId === undefined || (typeof dedupeId === "string" && dedupeId.length <= 128) ? [] : ["no dedupeId"]),
    ...(action === "revoke" && (credentials.length !== 1 || !("now" in command)) ? ["a revoke of who knows what"] : []),
  ];
}

function hold(read: () => Command): void {
  const complaints = complaintsAboutEvent(read);
  if (complaints.length > 0) throw new Error(complaints.join("; "));
}

const damaged = fc.tuple(goodText, jsonEdits).map(([text, edits]) => editJson(text, edits));
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
});

/** Parsed as each platform parses; what is no JSON never gets that far there. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const eventProperties = [
  pure(
    "events of AWS and of the Azure timer",
    of(
      fc.property(fc.oneof(damaged.map(parsed), anything), hostileText, (event, id) => {
        hold(() => readEvent(event));
        hold(() => withDedupeId(readEvent(event), id));
      }),
    ),
  ),
  pure(
    "events over HTTP (Azure, Google Cloud)",
    of(
      fc.property(
        fc.oneof(damaged, hostileText, fc.constant(`{"capstan":"${planted.repeat(10_000)}"}`)),
        fc.option(fc.uint8Array({ minLength: 1, maxLength: 8 })),
        (text, tail) => {
          hold(() => readEventText(text));
          hold(() => readHttpBody({ rawBody: Buffer.concat([Buffer.from(text), tail ?? Buffer.alloc(0)]) }));
        },
      ),
    ),
  ),
  pure(
    "events by Pub/Sub",
    of(
      fc.property(
        fc.oneof(
          damaged.map((text) => ({
            type: "google.cloud.pubsub.topic.v1.messagePublished",
            data: { message: { data: Buffer.from(text).toString("base64") } },
          })),
          fc.record({
            type: fc.oneof(fc.constant("google.cloud.pubsub.topic.v1.messagePublished"), hostileText),
            data: fc.oneof(anything, fc.record({ message: fc.oneof(anything, fc.record({ data: anything })) })),
          }),
        ),
        (event) => hold(() => readCloudEvent(event)),
      ),
    ),
  ),
];
