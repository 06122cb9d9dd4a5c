import { fileURLToPath } from "node:url";
import { folderOf } from "../binaries.ts";
import { type Built, buildGo, type GoProgram } from "../go-programs.ts";
import { runToEnd } from "../processes.ts";
import type { Outcome, Subject } from "../subject.ts";

const module = fileURLToPath(new URL(".", import.meta.url));
const small = "-s -w";
/** Without it they call themselves v0.0.0. */
const versioned = `${small} -X k8s.io/component-base/version.gitVersion=v1.37.2`;

const server: readonly GoProgram[] = [
  { name: "etcd", package: "go.etcd.io/etcd/server/v3", ldflags: small },
  { name: "kube-apiserver", package: "k8s.io/kubernetes/cmd/kube-apiserver", ldflags: versioned },
];
const controllers: readonly GoProgram[] = [
  { name: "kube-controller-manager", package: "k8s.io/kubernetes/cmd/kube-controller-manager", ldflags: versioned },
];

/** The server alone, without controllers. */
export function buildKubernetes(): Promise<Built> {
  return buildGo(module, [], server);
}

const buildAll = () => buildGo(module, [], [...server, ...controllers]);

async function prepare(): Promise<Outcome> {
  const built = await buildAll();
  if (built.is === "built") return { is: "passed" };
  return { is: built.is === "impossible" ? "skipped" : "failed", why: built.why };
}

/**
 * The contracts of a cluster, the recordings and the trials of rights, on a real kube-apiserver and etcd; then what
 * controllers make and end, beside a kube-controller-manager.
 */
async function run(): Promise<Outcome> {
  const built = await buildAll();
  if (built.is !== "built") return { is: built.is === "impossible" ? "skipped" : "failed", why: built.why };
  const args = ["run", "--config", "test/conformance/vitest.config.ts", "test/conformance/kubernetes"];
  const env = { ...process.env, [folderOf.kubernetes]: built.folder };
  const code = await runToEnd("vitest", args, { env });
  if (code === 0) return { is: "passed" };
  return { is: "failed", why: "what is named above differs from the sandbox, or breaks a promise" };
}

export const kubernetes: Subject = { prepare, run };
