import { randomUUID } from "node:crypto";
import { bundleUrl, serve } from "./serve.ts";

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

/** What `timeout` in serverless.yml gives. */
const timeLimitMs = 300_000;
const { handler } = (await import(bundleUrl())) as { handler: Handler };

/** As `input` in serverless.yml spells it, its placeholders filled in by EventBridge Scheduler. */
function schedulerInput(): unknown {
  return {
    scheduleArn: "arn:aws:scheduler:eu-central-1:123456789012:schedule/default/capstan-tick",
    scheduledTime: new Date().toISOString(),
    executionId: randomUUID(),
    attempt: "1",
  };
}

serve((event) => {
  const startedMs = performance.now();
  const context = {
    functionName: "capstan-tick",
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => Math.round(timeLimitMs - (performance.now() - startedMs)),
  };
  return handler(event === "tick" ? schedulerInput() : event, context);
});
