import { expect, it } from "vitest";
import { lookAtSite } from "../../../core/app/inspect.ts";
import { invoke } from "../../../core/app/invoke.ts";
import { act } from "../../../core/app/rotate.ts";
import type { Tools } from "../../../core/app/tools.ts";
import { PortError } from "../../../core/ports/errors.ts";
import { twoCredentials } from "./two-credentials.ts";

const status = (tools: Tools) =>
  invoke(tools, { command: { action: "status", credentials: ["one"] }, sites: ["here"], deadlineMs: null });
const look = (tools: Tools) =>
  lookAtSite(tools, "one", "here", {
    nowMs: tools.clock.nowMs(),
    entropy: tools.entropy,
    owner: "x",
    deadlineMs: 9e15,
  });

async function rotated(tools: Tools) {
  const signal = new AbortController().signal;
  await act(tools, { act: { type: "rotate" }, credentials: [], wait: true, timeoutMs: null, signal });
}

it("a site without a value was not looked at: nothing is said of its targets", async () => {
  const { tools } = twoCredentials();
  expect(await look(tools)).toMatchObject({ looked: false, problems: [{ code: "no-value" }] });
  const [, site] = (await status(tools)).runs;
  expect(site).toEqual({ credential: "one", role: "site", site: "here", end: "nothing", problems: expect.any(Array) });
});

it("a site that was looked at says what is served, and what is not", async () => {
  const { tools } = twoCredentials();
  await rotated(tools);
  expect(await look(tools)).toMatchObject({ looked: true, wanted: 1, served: 1, toWrite: [], problems: [] });
  expect((await status(tools)).runs[1]).toMatchObject({ end: "served", wanted: 1, served: 1 });
  await tools.ports.clusters["prod-1"]?.readSecret("web", "one-pull").then((found) => {
    if (found === null) throw new Error("it was served");
    return tools.ports.clusters["prod-1"]?.deleteSecret("web", found.name, found.uid, found.resourceVersion);
  });
  expect(await look(tools)).toMatchObject({ looked: true, wanted: 1, served: 0, toWrite: ["prod-1/web/one-pull"] });
  expect((await status(tools)).runs[1]).toMatchObject({ end: "waiting", wanted: 1, served: 0 });
});

it("a site whose ledger cannot be read was not looked at either, and is not said to be served", async () => {
  let down = false;
  const { tools } = twoCredentials({
    ledger: () => {
      if (down) throw new PortError("unreachable", "no answer", { system: "memory", operation: "load" });
    },
  });
  await rotated(tools);
  down = true;
  expect(await look(tools)).toMatchObject({ looked: false, problems: [{ code: "load-site-ledger-failed" }] });
  const [, site] = (await status(tools)).runs;
  expect(site).toMatchObject({ end: "waiting" });
  expect(site).not.toHaveProperty("served");
});
