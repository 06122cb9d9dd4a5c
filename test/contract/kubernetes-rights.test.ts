import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderRbac } from "../../infra/kubernetes/write-rbac.ts";
import { rightsContract } from "./kubernetes-rights.ts";
import { startSandboxServer } from "./kubernetes-server.ts";

rightsContract("the sandbox", startSandboxServer);

test.each(Object.entries(renderRbac()))("%s is fresh (node infra/kubernetes/write-rbac.ts)", (name, text) => {
  expect(readFileSync(new URL(`../../infra/kubernetes/${name}`, import.meta.url), "utf8")).toBe(text);
});
