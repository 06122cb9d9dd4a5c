import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { agentManifests } from "../../core/app/manifests/agent.ts";
import type { WorkloadIdentity } from "../../core/app/manifests/identity.ts";
import { type Manifest, rbacManifests } from "../../core/app/rbac.ts";
import type { Config } from "../../core/config/complete.ts";
import { loadConfig } from "../../core/config/load.ts";
import { yamlLines } from "../../functions/cli/rbac.ts";

const here = (name: string) => new URL(name, import.meta.url);
const account = { namespace: "capstan", name: "capstan" };
const image = "registry.example.com/capstan:0.1.0";

interface Loaded {
  readonly config: Config;
  readonly text: string;
}

function load(name: string): Loaded {
  const path = here(name).pathname;
  const text = readFileSync(path, "utf8");
  const { config, problems } = loadConfig({ path, readFile: () => text, env: {} });
  if (config === null) throw new Error(JSON.stringify(problems));
  return { config, text };
}

const identities: readonly WorkloadIdentity[] = [
  { cloud: "aws", role: "arn:aws:iam::123456789012:role/capstan-edge-aws" },
  { cloud: "azure", clientId: "11111111-2222-3333-4444-555555555555" },
  { cloud: "gcp", email: "capstan-edge@example-project.iam.gserviceaccount.com" },
];

/** What `capstan manifests` makes of `agents/capstan.yaml`, by file name. */
export function agentExamples(): Readonly<Record<string, readonly Manifest[]>> {
  const { config, text } = load("agents/capstan.yaml");
  const files = { "capstan.yaml": text };
  const common = { account, image, files };
  const deployments = identities.map((identity) => {
    const made = agentManifests(config, `edge-${identity.cloud}`, { ...common, identity, form: "deployment" });
    return [`agents/deployment-${identity.cloud}.yaml`, made] as const;
  });
  const cronjob = agentManifests(config, "edge-aws", { ...common, identity: null, form: "cronjob" });
  return Object.fromEntries([...deployments, ["agents/cronjob.yaml", cronjob] as const]);
}

/** By file name, as they are checked in. */
export function renderManifests(): Readonly<Record<string, string>> {
  const { config } = load("capstan.yaml");
  const rights = Object.keys(config.clusters).map(
    (cluster) => [`rbac-${cluster}.yaml`, rbacManifests(config, cluster, account)] as const,
  );
  const files = [...rights, ...Object.entries(agentExamples())].map(([name, manifests]) => {
    const lines = ["# Made by write-manifests.ts.", ...yamlLines(manifests)];
    return [name, `${lines.join("\n")}\n`] as const;
  });
  return Object.fromEntries(files);
}

if (import.meta.main) {
  mkdirSync(here("agents"), { recursive: true });
  for (const [name, text] of Object.entries(renderManifests())) writeFileSync(here(name), text);
}
