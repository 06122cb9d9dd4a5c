import { afterAll, beforeAll, describe, it } from "vitest";
import { type ClusterWorld, clusterContract } from "./cluster-suite.ts";
import { answerCases } from "./kubernetes-answer-cases.ts";
import { externalSecretCases } from "./kubernetes-external-secret-cases.ts";
import { refusalCases } from "./kubernetes-refusal-cases.ts";
import { KubernetesClient, type KubernetesServer } from "./kubernetes-server.ts";
import { serverCases } from "./kubernetes-server-cases.ts";
import { watchCases } from "./kubernetes-watch-cases.ts";
import { worldOf } from "./kubernetes-world.ts";

export interface KubernetesCase {
  readonly name: string;
  readonly run: (client: KubernetesClient, namespace: string, world: ClusterWorld) => Promise<void>;
}

/** The contract of every cluster over one API server, and what only API servers answer. */
export function kubernetesContract(name: string, start: () => Promise<KubernetesServer>): void {
  clusterContract(`kubernetes driver against ${name}`, async () => {
    const server = await start();
    const client = new KubernetesClient(server);
    return {
      world: worldOf(client),
      close: async () => {
        await client.close();
        await server.close();
      },
    };
  });

  describe(`answers of ${name}`, () => {
    let client: KubernetesClient;
    let count = 0;
    beforeAll(async () => {
      client = new KubernetesClient(await start());
    });
    afterAll(async () => {
      await client.close();
      await client.server.close();
    });
    for (const { name: title, run } of [
      ...answerCases,
      ...refusalCases,
      ...serverCases,
      ...watchCases,
      ...externalSecretCases,
    ]) {
      it(title, async () => {
        count += 1;
        const namespace = `answer-${count}`;
        const world = worldOf(client);
        await world.addNamespace(namespace);
        await run(client, namespace, world);
      });
    }
  });
}
