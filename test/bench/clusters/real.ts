import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import { Agent, request } from "undici";
import { startRealServer } from "../../conformance/kubernetes/real-server.ts";
import { buildKubernetes } from "../../conformance/kubernetes/subject.ts";
import { bareNodeBytes, Product } from "./product.ts";
import type { Answer } from "./product-child.ts";
import { buildRaw, type RawResult, rawBodies, runRaw } from "./raw.ts";
import { secretName, startWorld } from "./world.ts";

export interface RealRun {
  readonly secrets: number;
  readonly clusters: number;
  readonly rounds: readonly { readonly product: Answer; readonly raw: RawResult }[];
  readonly unchanged: Answer;
  /** After one Secret in a hundred was changed. */
  readonly changed: Answer;
  readonly changedCount: number;
  readonly bareNodeBytes: number;
}

export interface RealOptions {
  readonly clusters: number;
  readonly namespaces: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

const atOnce = 32;

/** On a real kube-apiserver, beside the raw loop. A text: why it cannot be. */
export async function measureReal(options: RealOptions): Promise<RealRun | string> {
  const { say } = options;
  const [kubernetes, raw] = [await buildKubernetes(), await buildRaw()];
  for (const built of [kubernetes, raw]) if (built.is !== "built") return built.why;
  if (kubernetes.is !== "built" || raw.is !== "built") return "";
  const folder = mkdtempSync(join(tmpdir(), "capstan-bench-"));
  const server = await startRealServer(kubernetes.folder, false);
  const dispatcher = new Agent({ connect: { ca: server.caPem } });
  const admin = async (method: "POST" | "PATCH", path: string, body: object): Promise<void> => {
    const headers = {
      authorization: `Bearer ${server.adminToken}`,
      "content-type": method === "POST" ? "application/json" : "application/merge-patch+json",
    };
    const reply = await request(`${server.url}${path}`, { dispatcher, method, headers, body: JSON.stringify(body) });
    await reply.body.dump();
    if (reply.statusCode >= 300) throw new Error(`${method} ${path} answered ${reply.statusCode}`);
  };
  const clusters = Array.from({ length: options.clusters }, (_, at) => {
    const name = `c${String(at).padStart(2, "0")}`;
    return { name, url: server.url, selector: `bench=${name}` };
  });
  const world = await startWorld(folder, clusters, server.caPem, server.adminToken);
  let product: Product | null = null;
  try {
    const namespaces = clusters.flatMap(({ name }) =>
      Array.from({ length: options.namespaces }, (_, n) => ({ name: `${name}-n${n}`, labels: { bench: name } })),
    );
    const limit = pLimit(atOnce);
    say(`makes ${namespaces.length} namespaces`);
    await Promise.all(namespaces.map((metadata) => limit(() => admin("POST", "/api/v1/namespaces", { metadata }))));
    const names = namespaces.map(({ name }) => name);
    const loop = (round: number) =>
      runRaw(raw.folder, server.url, world.caFile, server.adminToken, rawBodies(names, round, "harbor.example.com"));
    say("first hand-out: each Secret is looked for, made empty, and filled; the raw loop makes its own");
    await loop(0);
    product = await Product.start(folder, world.config, world.env, true);
    const first = await product.tick();
    if (first.served !== names.length) throw new Error(`served ${first.served}: ${first.problems.join("; ")}`);
    const rounds: { product: Answer; raw: RawResult }[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      const rawResult = await loop(round);
      const answer = await product.tick("rotate");
      const perSecond = (count: number, ms: number) => `${Math.round((count * 1000) / ms)}/s`;
      say(
        `round ${round}: raw ${perSecond(rawResult.applies, rawResult.tookMs)} (HTTP/${rawResult.http}), product ${perSecond(answer.served, answer.handOutMs)}`,
      );
      rounds.push({ product: answer, raw: rawResult });
    }
    const unchanged = await product.tick();
    const some = names.filter((_, at) => at % 100 === 0);
    const gone = { metadata: { annotations: { "epoch.capstan.dev/pull": null } } };
    for (const name of some) await admin("PATCH", `/api/v1/namespaces/${name}/secrets/${secretName}`, gone);
    const changed = await product.tick();
    return {
      secrets: names.length,
      clusters: clusters.length,
      rounds,
      unchanged,
      changed,
      changedCount: some.length,
      bareNodeBytes: bareNodeBytes(),
    };
  } finally {
    await product?.close();
    await world.close();
    await dispatcher.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
