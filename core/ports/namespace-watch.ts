export interface WatchRequest {
  /** Kubernetes label selector; the empty string selects all. */
  readonly labelSelector: string;
  /** Version of the last news that was received; null: begin with all that are there. */
  readonly after: string | null;
}

/**
 * `added`: made, or come to match the selector; after `after: null` also each that was there already.
 * `seen`: nothing is new, but the watch may be taken up after this version.
 */
export interface NamespaceNews {
  readonly type: "added" | "seen";
  /** Empty with `seen`. */
  readonly name: string;
  readonly terminating: boolean;
  readonly resourceVersion: string;
}

/** What is new among a cluster's namespaces, told while it happens. */
export interface NamespaceWatch {
  /**
   * Tells what is new until the server ends the watch (it does so every few minutes: take it up again after the
   * last version) or `signal` fires; both return. Throws `conflict` (`stale-writer`): `after` is too old, begin
   * with null; `denied` (`missing-right`), `throttled`, `unreachable` (also where the connection broke), `invalid`.
   */
  watchNamespaces(request: WatchRequest, told: (news: NamespaceNews) => void, signal: AbortSignal): Promise<void>;
}
