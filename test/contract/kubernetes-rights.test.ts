import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderManifests } from "../../infra/kubernetes/write-manifests.ts";
import { rightsContract } from "./kubernetes-rights.ts";
import { startSandboxServer } from "./kubernetes-server.ts";

rightsContract("the sandbox", startSandboxServer);

test.each(Object.entries(renderManifests()))("%s is fresh (node infra/kubernetes/write-manifests.ts)", (name, text) => {
  expect(readFileSync(new URL(`../../infra/kubernetes/${name}`, import.meta.url), "utf8")).toBe(text);
});
