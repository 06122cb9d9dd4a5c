/** What a conformance run of one subject came to. */
export type Outcome =
  | { readonly is: "passed" }
  | { readonly is: "failed"; readonly why: string }
  /** Nothing was tried: what it needs is not on this machine. */
  | { readonly is: "skipped"; readonly why: string };

/** A kind of server of which a real one is started, to hold the sandbox to it. */
export interface Subject {
  /** Fetches and compiles what `run` needs, and nothing more. */
  readonly prepare: () => Promise<Outcome>;
  readonly run: () => Promise<Outcome>;
}
