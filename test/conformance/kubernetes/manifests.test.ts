import { expect, test } from "vitest";
import type { Manifest } from "../../../core/app/rbac.ts";
import { agentExamples } from "../../../infra/kubernetes/write-manifests.ts";
import { applyAll } from "../../contract/kubernetes-rights.ts";
import { KubernetesClient } from "../../contract/kubernetes-server.ts";
import { binariesFolder } from "../binaries.ts";
import { startRealServer } from "./real-server.ts";

interface Template {
  readonly metadata: { readonly labels: object };
  readonly spec: object;
}

/** Of a Deployment, or of a CronJob's Jobs. */
function templateOf({ kind, spec }: Manifest): Template | null {
  if (kind === "Deployment") return (spec as { readonly template: Template }).template;
  if (kind !== "CronJob") return null;
  return (spec as { readonly jobTemplate: { readonly spec: { readonly template: Template } } }).jobTemplate.spec
    .template;
}

test("a server takes what `capstan manifests` prints, every field of it, and its pods pass the restricted standard", async () => {
  const client = new KubernetesClient(await startRealServer(binariesFolder("kubernetes")));
  try {
    await client.must("POST", "/api/v1/namespaces", { metadata: { name: "shop" } });
    await client.must("POST", "/api/v1/namespaces", { metadata: { name: "web" } });
    let pods = 0;
    for (const [name, manifests] of Object.entries(agentExamples())) {
      await applyAll(client, manifests);
      for (const template of manifests.map(templateOf).filter((found) => found !== null)) {
        pods += 1;
        const body = { metadata: { generateName: "agent-", labels: template.metadata.labels }, spec: template.spec };
        const path = "/api/v1/namespaces/capstan/pods?dryRun=All&fieldValidation=Strict";
        const made = await client.call("POST", path, body);
        expect([name, made.status, made.headers["warning"]]).toEqual([name, 201, undefined]);
        const loose = { ...body, spec: { ...body.spec, hostNetwork: true } };
        expect([name, (await client.call("POST", path, loose)).status]).toEqual([name, 403]);
      }
    }
    expect(pods).toBe(4);
  } finally {
    await client.close();
    await client.server.close();
  }
});
