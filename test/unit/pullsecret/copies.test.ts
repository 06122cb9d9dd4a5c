import { expect, test } from "vitest";
import { copyTraces } from "../../../core/pullsecret/copies.ts";

const replicator = (fields: Readonly<Record<string, string>>) => ({
  labels: {},
  annotations: Object.fromEntries(
    Object.entries(fields).map(([key, text]) => [`replicator.v1.mittwald.de/${key}`, text]),
  ),
});

test.each([
  [{ "replicated-from-version": "71" }, { source: null, state: "version 71" }],
  [
    { "replicate-from": "infra/pull", "replicated-from-version": "71", "replicated-at": "2026-11-26T04:00:00Z" },
    { source: "infra/pull", state: "version 71 at 2026-11-26T04:00:00Z" },
  ],
  [{ "replicate-from": "infra/pull" }, { source: "infra/pull", state: null }],
])("kubernetes-replicator: %j", (fields, told) => {
  expect(copyTraces(replicator(fields))).toEqual({ by: "replicator", ...told });
});

test("of what others wrote only a place, a version and a time are shown", () => {
  expect(copyTraces(replicator({ "replicate-from": "a/b; see https://evil.example.com" }))?.source).toBeNull();
  const odd = (version: string, at: string) =>
    copyTraces(replicator({ "replicated-from-version": version, "replicated-at": at }))?.state;
  expect(odd("71; see https://evil.example.com", "2026-11-26T04:00:00Z")).toBeNull();
  expect(odd("71", "yesterday <b>")).toBe("version 71");
});

test("a source is no copy, and neither is what Kyverno made without one", () => {
  const source = { labels: { "generate.kyverno.io/clone-source": "" }, annotations: {} };
  expect(copyTraces(source)).toBeNull();
  expect(copyTraces({ ...source, labels: { "generate.kyverno.io/policy-name": "x" } })).toBeNull();
  expect(copyTraces(replicator({ "replicate-to": "team-.*" }))).toBeNull();
});
