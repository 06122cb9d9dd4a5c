import { type Command, EventRefused, readEvent, readEventText } from "../../core/config/event.ts";

/** Cloud Scheduler's default `attemptDeadline`: a longer run looks failed while it goes on (operators.md §5). */
export const httpTimeLimitMs = 180_000;
/** The most that an event-driven function gets (clouds.md C3). */
export const eventTimeLimitMs = 540_000;

const messageType = "google.cloud.pubsub.topic.v1.messagePublished";
/** Base64 of what `readEventText` takes at most. */
const dataCharactersMax = 90_000;

/** A request as functions-framework hands it over: `rawBody` is there whenever there was a body. */
export function readHttpBody(request: { readonly rawBody?: Buffer | undefined }): Command {
  return readEventText(request.rawBody?.toString("utf8") ?? "");
}

/** A Pub/Sub message: its data is empty, or the document of a manual invocation. Throws `EventRefused`. */
export function readCloudEvent(event: { readonly type?: string; readonly data?: unknown }): Command {
  if (event.type !== messageType) throw new EventRefused("type", "it is no Pub/Sub message");
  const message = member(event.data, "message");
  const data = member(message, "data");
  if (data === undefined || data === null) return readEvent(undefined);
  if (typeof data !== "string" || data.length > dataCharactersMax)
    throw new EventRefused("data.message.data", "it is no text, or too long");
  return readEventText(Buffer.from(data, "base64").toString("utf8"));
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
