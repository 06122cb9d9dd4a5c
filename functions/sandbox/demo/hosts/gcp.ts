import { once } from "node:events";
import { registerHooks } from "node:module";
import type { AddressInfo } from "node:net";
import { bundleUrl, type HostEvent, serve } from "./serve.ts";

const framework = "@google-cloud/functions-framework";

// Wherever the bundle lies, it must register in the very copy whose test server is used here.
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier, specifier.startsWith(framework) ? { ...context, parentURL: import.meta.url } : context),
});

const { getTestServer } = await import("@google-cloud/functions-framework/testing");
await import(bundleUrl());
const server = getTestServer("tick").listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

/** Headers of Cloud Scheduler (operators.md §5) and of a caller with a document. */
function request(event: HostEvent): RequestInit {
  if (event !== "tick")
    return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(event) };
  const headers = {
    "user-agent": "Google-Cloud-Scheduler",
    "x-cloudscheduler": "true",
    "x-cloudscheduler-jobname": "capstan-tick",
    "x-cloudscheduler-scheduletime": new Date().toISOString(),
    "content-type": "application/octet-stream",
  };
  return { method: "POST", headers };
}

serve(async (event) => {
  const reply = await fetch(url, request(event));
  const text = await reply.text();
  if (reply.status !== 200) throw new Error(`HTTP ${reply.status}: ${text}`);
  return JSON.parse(text) as unknown;
});
