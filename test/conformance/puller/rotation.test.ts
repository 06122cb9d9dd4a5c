import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { isIdle } from "../../../core/app/tick.ts";
import { namespaceLabels, pullSecretName } from "../../../functions/sandbox/configuration.ts";
import { KubernetesClient } from "../../contract/kubernetes-server.ts";
import { given, minuteMs, type Story } from "../../scenarios/story.ts";
import { binariesFolder } from "../binaries.ts";
import { startRealServer } from "../kubernetes/real-server.ts";

interface Pull {
  readonly at: string;
  readonly ok: boolean;
  readonly username: string;
  readonly error?: string;
}

/** A pull reads the Secret and is over well within this, so that time in the story never overtakes one. */
const betweenTicksMs = 500;
const ticksMax = 60;

/** Pulls over and over until it is ended. */
class Puller {
  readonly #child: ChildProcess;
  #text = "";

  constructor(args: readonly string[]) {
    this.#child = spawn(join(binariesFolder("puller"), "puller"), ["pull", ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#text += chunk;
    });
  }

  async end(): Promise<readonly Pull[]> {
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    await ended;
    return this.#text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Pull);
  }
}

async function rotate(story: Story): Promise<void> {
  let result = await story.tick({ type: "rotate" });
  for (let ticks = 1; !isIdle(result); ticks += 1) {
    if (ticks >= ticksMax) throw new Error(`not idle after ${ticksMax} ticks`);
    await delay(betweenTicksMs);
    story.passes(30 * minuteMs);
    result = await story.tick();
  }
}

test("a node pulls through two rotations with what a real API server holds, without one failure", async () => {
  const client = new KubernetesClient(await startRealServer(binariesFolder("kubernetes")));
  const folder = mkdtempSync(join(tmpdir(), "capstan-node-"));
  onTestFinished(async () => {
    await client.close();
    await client.server.close();
    rmSync(folder, { recursive: true });
  });
  const { url, caPem, adminToken } = client.server;
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const cluster = { server: url, caFile: file("ca.pem", caPem), token: `file:${file("token", adminToken)}` };
  for (const name of ["team-1", "team-2"]) {
    await client.must("POST", "/api/v1/namespaces", { metadata: { name, labels: namespaceLabels } });
  }
  const story = await given({
    clusters: 1,
    namespaces: 1,
    configured: ({ clusters, ...rest }) => ({
      ...rest,
      clusters: Object.fromEntries(Object.entries(clusters).map(([name, one]) => [name, { ...one, ...cluster }])),
    }),
  });
  await story.untilIdle();

  const authorities = file("authorities.pem", `${caPem}\n${story.sandbox.caPem}`);
  const puller = new Puller([
    ...["-api", url, "-token-file", join(folder, "token"), "-ca-file", authorities],
    ...[
      "-namespace",
      "team-1",
      "-secrets",
      pullSecretName,
      "-image",
      story.sandbox.describe().harbor.image,
      "-pause",
      "10ms",
    ],
  ]);
  await delay(betweenTicksMs);
  for (let rotations = 0; rotations < 2; rotations += 1) await rotate(story);
  await delay(betweenTicksMs);
  const pulls = await puller.end();

  expect(pulls.filter(({ ok }) => !ok)).toEqual([]);
  const generations = new Set(pulls.map(({ username }) => username));
  expect(generations.size).toBe(3);
  process.stdout.write(`${pulls.length} pulls with ${generations.size} generations\n`);
}, 300_000);
