import { app } from "@azure/functions";
import { readEvent, readEventText } from "../../core/config/event.ts";
import { createFunctionRuntime } from "../compose/function-runtime.ts";
import { httpTimeLimitMs, timerTimeLimitMs } from "./limits.ts";

const runtime = createFunctionRuntime();

app.timer("tick", {
  schedule: "0 */5 * * * *",
  handler: (timer) => runtime.resultOf(() => readEvent(timer), timerTimeLimitMs),
});

app.http("manual", {
  methods: ["POST"],
  authLevel: "function",
  route: "capstan",
  handler: async (request) => {
    const text = await request.text();
    const { status, body } = await runtime.answer(() => readEventText(text), httpTimeLimitMs);
    return { status, jsonBody: body };
  },
});
