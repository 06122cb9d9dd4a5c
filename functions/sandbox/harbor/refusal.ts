import type { PartReply } from "../listener.ts";

/** An error that Harbor answers with; thrown by handlers, made into a reply in one place. */
export class Refusal extends Error {
  readonly reply: PartReply;

  constructor(reply: PartReply) {
    super(`refused with ${reply.status}`);
    this.reply = reply;
  }
}

/** The envelope of every error, newline included (harbor.md §6). */
export function errorBody(code: string, message: string): string {
  return `${JSON.stringify({ errors: [{ code, message }] })}\n`;
}

function errorReply(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): PartReply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: errorBody(code, message),
  };
}

export function refuse(status: number, code: string, message: string): Refusal {
  return new Refusal(errorReply(status, code, message));
}

export const badRequest = (message: string): Refusal => refuse(400, "BAD_REQUEST", message);
export const unauthorized = (): Refusal => refuse(401, "UNAUTHORIZED", "unauthorized");
export const notFound = (message: string): Refusal => refuse(404, "NOT_FOUND", message);
/** Failures of the generated server's own checks, under their heading. */
export class Unprocessable extends Refusal {
  readonly failures: readonly string[];
  readonly text: string;

  constructor(failures: readonly string[]) {
    const text = ["validation failure list:", ...failures].join("\n");
    super(errorReply(422, "UNPROCESSABLE_ENTITY", text));
    this.failures = failures;
    this.text = text;
  }
}

/** From 500 on details are hidden (harbor.md §6). */
export const internalError = (): Refusal => refuse(500, "UNKNOWN", "internal server error");
/** A crash in a handler: 500 with an empty body (harbor.md §6). */
export const crash = (): Refusal => new Refusal({ status: 500 });
