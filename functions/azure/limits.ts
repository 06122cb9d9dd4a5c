/** `functionTimeout` in host.json, and the most that a Consumption plan gives. */
export const timerTimeLimitMs = 600_000;
/** Azure's load balancer gives up an HTTP answer after this, whatever the plan (operators.md §5). */
export const httpTimeLimitMs = 230_000;
