import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KubernetesClient } from "../../contract/kubernetes-server.ts";
import { stop } from "../processes.ts";

const atWorkWithinMs = 120_000;

/** The controllers of a cluster, as one process beside its API server. */
export interface Controllers {
  /** Until `resume` nothing is made and nothing is ended: as where they are late. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly close: () => Promise<void>;
}

/**
 * kube-controller-manager from this folder of binaries, with all controllers that it starts by itself. Returned when
 * they are at work: the first namespace has its ServiceAccount.
 */
export async function startControllers(binaries: string, client: KubernetesClient): Promise<Controllers> {
  const folder = mkdtempSync(join(tmpdir(), "capstan-controllers-"));
  const logFile = join(folder, "kube-controller-manager.log");
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(kubeconfigOf(client)), { mode: 0o600 });
  const log = openSync(logFile, "a");
  const child = spawn(join(binaries, "kube-controller-manager"), controllersArgs, {
    cwd: folder,
    stdio: ["ignore", log, log],
  });
  const close = async () => {
    child.kill("SIGCONT");
    await stop(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilAtWork(child, client);
  } catch (error) {
    const lines = readFileSync(logFile, "utf8").split("\n").slice(-20).join("\n");
    await close();
    throw new Error(`kube-controller-manager is not at work:\n${lines}`, { cause: error });
  }
  return { pause: () => void child.kill("SIGSTOP"), resume: () => void child.kill("SIGCONT"), close };
}

/** There is one of them, and it serves nobody. */
const controllersArgs = ["--kubeconfig=kubeconfig", "--leader-elect=false", "--secure-port=0"];

function kubeconfigOf({ server }: KubernetesClient): object {
  const authority = Buffer.from(server.caPem).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "real", cluster: { server: server.url, "certificate-authority-data": authority } }],
    users: [{ name: "admin", user: { token: server.adminToken } }],
    contexts: [{ name: "real", context: { cluster: "real", user: "admin" } }],
    "current-context": "real",
  };
}

async function untilAtWork(child: ChildProcess, client: KubernetesClient): Promise<void> {
  const endMs = performance.now() + atWorkWithinMs;
  while ((await client.call("GET", "/api/v1/namespaces/default/serviceaccounts/default")).status !== 200) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (performance.now() > endMs) throw new Error(`no ServiceAccount within ${atWorkWithinMs} ms`);
    await delay(100);
  }
}
