import { FunctionsCore } from "./functions-core.ts";
import { bundleUrl, serve } from "./serve.ts";

const core = new FunctionsCore();
core.install();
await import(bundleUrl());

const timer = {
  json: JSON.stringify({ Schedule: { AdjustForDST: true }, ScheduleStatus: null, IsPastDue: false }),
};

serve(async (event) => {
  if (event === "tick") return JSON.parse((await core.run("tick", timer)).json ?? "null") as unknown;
  const body = { string: JSON.stringify(event) };
  const headers = { "content-type": "application/json" };
  const url = "https://capstan.azurewebsites.net/api/capstan";
  const { http } = await core.run("manual", { http: { method: "POST", url, headers, body, query: {}, params: {} } });
  const text = http?.body?.string ?? Buffer.from(http?.body?.bytes ?? []).toString("utf8");
  if (http?.statusCode !== "200") throw new Error(`HTTP ${http?.statusCode}: ${text}`);
  return JSON.parse(text) as unknown;
});
