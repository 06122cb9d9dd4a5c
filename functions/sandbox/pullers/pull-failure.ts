/** Where a pull stopped: reading the pod's Secret, resolving the tag, the token service, or content by digest. */
export type PullStage = "secret" | "resolve" | "token" | "manifest" | "config" | "layer";

/** Why one try failed. Names and numbers only: no secret, no token, no body. */
export interface PullCause {
  readonly stage: PullStage;
  /** HTTP status; null where there was no answer, or the answer was fine but its content was not. */
  readonly status: number | null;
  readonly detail: string;
  /** Name of the credential that was tried; null for an anonymous try. */
  readonly username: string | null;
}

export class PullFailure extends Error {
  readonly stage: PullStage;
  readonly status: number | null;
  readonly detail: string;

  constructor(stage: PullStage, status: number | null, detail: string) {
    super(`${stage}: ${detail}`);
    this.name = "PullFailure";
    this.stage = stage;
    this.status = status;
    this.detail = detail;
  }
}
