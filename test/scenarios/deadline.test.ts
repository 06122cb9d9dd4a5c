import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import type { Command } from "../../core/config/event.ts";
import { createFunctionRuntime } from "../../functions/compose/function-runtime.ts";
import { credentialName, pullSecretName } from "../../functions/sandbox/configuration.ts";
import { clusterOf } from "./expectations.ts";
import { type Configuration, given } from "./story.ts";

const namespaces = 12;
const writeMs = 1_000;
const limitMs = 10_000;

test("a function stops a good while before its platform's limit, and the next invocation goes on where it stopped", async () => {
  let written: object = {};
  const configured = ({ sites: { aws }, credentials, ...rest }: Configuration) => {
    const credential = credentials[credentialName];
    const limits = { concurrencyPerClusterMax: 1 };
    written = {
      ...rest,
      sites: { aws },
      credentials: { [credentialName]: { ...credential, sites: ["aws"], limits } },
    };
    return written;
  };
  const story = await given({ clusters: 1, namespaces, configured });
  const path = join(story.folder, "capstan.yaml");
  writeFileSync(path, stringify(written));
  const own = { CAPSTAN_CONFIG: path, CAPSTAN_SITE: "aws", CAPSTAN_LOG_LEVEL: "error" };
  const runtime = createFunctionRuntime({ ...story.sandbox.env.aws, ...own });
  const invoke = (command: Command, timeLimitMs: number) => runtime.resultOf(() => command, timeLimitMs);
  // Each write takes a second of the clock that all go by.
  const applied = story.sandbox.faults.set({
    ...{ part: "kubernetes", kind: "secret.apply", action: { type: "delay", delayMs: 0 } },
    onHit: () => story.passes(writeMs),
  });

  const begunMs = Date.now();
  const first = await invoke({ action: "rotate", credentials: [] }, limitMs);
  const tookMs = Date.now() - begunMs;
  const site = first.runs.find(({ role }) => role === "site");
  expect(tookMs).toBeGreaterThan(0);
  expect(tookMs).toBeLessThan(limitMs);
  expect(site).toMatchObject({ end: "waiting", wanted: namespaces });
  const served = (site as { readonly served: number }).served;
  expect(served).toBeGreaterThan(2);
  expect(served).toBeLessThan(namespaces);

  const next = await invoke({ action: "tick", credentials: [] }, 100 * limitMs);
  expect(next.runs.find(({ role }) => role === "site")).toMatchObject({ end: "served", served: namespaces });
  const texts = Array.from(
    { length: namespaces },
    (_, n) => clusterOf(story, "prod-1").secret(`team-${n + 1}`, pullSecretName)?.data[".dockerconfigjson"],
  );
  for (const text of texts) expect(text).toContain('"auth"');
  // Made empty and filled, each once: nothing was begun twice.
  expect(applied.hits()).toBe(2 * namespaces);
});
