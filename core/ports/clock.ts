/** Wall time in milliseconds since the epoch, and a wait that a deadline can cut short. */
export interface Clock {
  nowMs(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
