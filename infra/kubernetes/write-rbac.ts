import { readFileSync, writeFileSync } from "node:fs";
import { rbacManifests } from "../../core/app/rbac.ts";
import { loadConfig } from "../../core/config/load.ts";
import { yamlLines } from "../../functions/cli/rbac.ts";

const here = (name: string) => new URL(name, import.meta.url);

/** By file name, as they are checked in. */
export function renderRbac(): Readonly<Record<string, string>> {
  const path = here("capstan.yaml").pathname;
  const { config, problems } = loadConfig({ path, readFile: (file) => readFileSync(file, "utf8"), env: {} });
  if (config === null) throw new Error(JSON.stringify(problems));
  const account = { namespace: "capstan", name: "capstan" };
  const files = Object.keys(config.clusters).map((cluster) => {
    const lines = ["# Made by write-rbac.ts.", ...yamlLines(rbacManifests(config, cluster, account))];
    return [`rbac-${cluster}.yaml`, `${lines.join("\n")}\n`] as const;
  });
  return Object.fromEntries(files);
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(renderRbac())) writeFileSync(here(name), text);
}
