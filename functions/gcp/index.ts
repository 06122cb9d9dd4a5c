import { cloudEvent, http } from "@google-cloud/functions-framework";
import { createFunctionRuntime } from "../compose/function-runtime.ts";
import { eventTimeLimitMs, httpTimeLimitMs, readCloudEvent, readHttpBody } from "./events.ts";

const runtime = createFunctionRuntime();

/** Cloud Scheduler's job, and manual invocations. Nothing is thrown: the framework would answer with the message. */
http("tick", async (request, response) => {
  const { status, body } = await runtime.answer(() => readHttpBody(request), httpTimeLimitMs);
  response.status(status).json(body);
});

/** The same by Pub/Sub. An error is the only way to refuse a message; its message is safe. */
cloudEvent("tickEvent", async (event: { readonly type?: string; readonly data?: unknown }) => {
  await runtime.resultOf(() => readCloudEvent(event), eventTimeLimitMs);
});
