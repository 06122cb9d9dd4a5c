import { expect } from "vitest";
import { Secret } from "../../core/secret.ts";
import { refused } from "./cluster-fixtures.ts";
import type { KubernetesCase } from "./kubernetes-suite.ts";

const condition = (status: string, reason: string) => ({ type: "Ready", status, reason, message: "Contract-secret-1" });
const group = "external-secrets.io";

/** ExternalSecrets as the driver reads them, on the sandbox and on a real server; the first case comes before the kind is there. */
export const externalSecretCases: readonly KubernetesCase[] = [
  {
    name: "without External Secrets in the cluster there is no ExternalSecret, and nothing fails",
    async run(client, namespace) {
      expect(await client.connect().readExternalSecret(namespace, "pull")).toBeNull();
    },
  },
  {
    name: "an ExternalSecret tells its Secret, its schedule, and how it fares; never a condition's message",
    async run(client, namespace) {
      const { server } = client;
      const cluster = client.connect();
      await server.putExternalSecret(namespace, "pull", { spec: {} });
      expect(await cluster.readExternalSecret(namespace, "other")).toBeNull();
      expect(await cluster.readExternalSecret(namespace, "pull")).toEqual({
        ...{ target: "pull", ready: null, reason: null, refreshedMs: null },
        ...{ carriedOut: false, interval: "1h", policy: "Periodic" },
      });
      await server.putExternalSecret(namespace, "done", {
        spec: { refreshInterval: "15m0s", refreshPolicy: "CreatedOnce", target: { name: "pull" } },
        status: {
          refreshTime: "2026-11-26T02:00:00Z",
          syncedResourceVersion: "1-0a1b2c",
          conditions: [{ type: "Deleted", status: "True" }, condition("True", "SecretSynced")],
        },
      });
      expect(await cluster.readExternalSecret(namespace, "done")).toEqual({
        ...{ target: "pull", ready: true, reason: "SecretSynced", refreshedMs: Date.parse("2026-11-26T02:00:00Z") },
        ...{ carriedOut: true, interval: "15m0s", policy: "CreatedOnce" },
      });
      const failed = { conditions: [condition("False", "SecretSyncedError")], syncedResourceVersion: "2-0a1b2c" };
      await server.putExternalSecret(namespace, "failed", { spec: {}, status: failed });
      const facts = await cluster.readExternalSecret(namespace, "failed");
      expect(facts).toMatchObject({ ready: false, reason: "SecretSyncedError", carriedOut: false });
      expect(JSON.stringify(facts)).not.toContain("Contract-secret");
    },
  },
  {
    name: "an ExternalSecret that makes no sense is a bad reply, and one without the right to it a missing right",
    async run(client, namespace) {
      const odd = { refreshTime: "yesterday" };
      await client.server.putExternalSecret(namespace, "odd", { spec: {}, status: odd });
      await refused(client.connect().readExternalSecret(namespace, "odd"), "invalid", "bad-reply");
      const rules = [{ apiGroups: [group], resources: ["externalsecrets"], resourceNames: ["pull"], verbs: ["get"] }];
      const token = await client.account(namespace, rules);
      const narrow = client.connect({ token: () => new Secret(token) });
      expect(await narrow.readExternalSecret(namespace, "pull")).toBeNull();
      const error = await refused(narrow.readExternalSecret(namespace, "odd"), "denied", "missing-right");
      expect(error.message).toContain("no right to get externalsecrets");
    },
  },
];
