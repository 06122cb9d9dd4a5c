import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "../../../functions/sandbox/certificates.ts";
import { FaultBoard } from "../../../functions/sandbox/faults.ts";
import { startKubernetes } from "../../../functions/sandbox/kubernetes/server.ts";
import { Product } from "./product.ts";
import type { Answer } from "./product-child.ts";
import { secretName, startWorld } from "./world.ts";

export interface SizeRun {
  readonly targets: number;
  readonly clusters: number;
  readonly rotation: Answer;
  readonly unchanged: Answer;
}

const token = "bench-token";

/** So many targets in 20 clusters of the sandbox: a hand-out and a tick without a change, in a process of its own. */
export async function measureSize(targets: number, clusterCount: number): Promise<SizeRun> {
  const folder = mkdtempSync(join(tmpdir(), "capstan-bench-"));
  const authority = await createAuthority("bench-ca");
  const tls = await authority.leaf("kubernetes");
  const user = { username: "bench", groups: ["system:masters", "system:authenticated"] };
  const servers = await Promise.all(
    Array.from({ length: clusterCount }, (_, at) =>
      startKubernetes({
        name: `c${at}`,
        faults: new FaultBoard(),
        nowMs: () => Date.now(),
        tls,
        tokens: { [token]: user },
      }),
    ),
  );
  const labels = { "app.kubernetes.io/managed-by": "capstan", "capstan.dev/installation": "bench" };
  const text = '{"auths":{}}';
  for (const server of servers) {
    for (let n = 0; n < targets / clusterCount; n += 1) {
      server.createNamespace(`n${n}`, { bench: "yes" });
      // Made and empty, as a hand-out that was cut short leaves it.
      server.putSecret(`n${n}`, secretName, { ".dockerconfigjson": text }, { labels, manager: "capstan-bench" });
    }
  }
  const clusters = servers.map(({ url }, at) => ({ name: `c${at}`, url, selector: "bench=yes" }));
  const world = await startWorld(folder, clusters, authority.caPem, token, true);
  const product = await Product.start(folder, world.config, world.env, false);
  try {
    const first = await product.tick();
    if (first.served !== targets) throw new Error(`served ${first.served} of ${targets}: ${first.problems.join("; ")}`);
    const rotation = await product.tick("rotate");
    return { targets, clusters: clusterCount, rotation, unchanged: await product.tick() };
  } finally {
    await product.close();
    await world.close();
    await Promise.all(servers.map((server) => server.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}
