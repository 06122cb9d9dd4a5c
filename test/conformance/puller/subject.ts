import { fileURLToPath } from "node:url";
import { folderOf } from "../binaries.ts";
import { type Built, buildGo } from "../go-programs.ts";
import { buildKubernetes } from "../kubernetes/subject.ts";
import { runToEnd } from "../processes.ts";
import type { Outcome, Subject } from "../subject.ts";

const module = fileURLToPath(new URL(".", import.meta.url));

function build(): Promise<Built> {
  const sources = ["main.go", "match.go", "pull.go"];
  return buildGo(module, sources, [{ name: "puller", package: ".", ldflags: "-s -w" }]);
}

async function prepare(): Promise<Outcome> {
  const built = await build();
  if (built.is === "built") return { is: "passed" };
  return { is: built.is === "impossible" ? "skipped" : "failed", why: built.why };
}

/** A node's own puller, made of the kubelet's keyring and containerd's resolver, beside our rules and our sandbox. */
async function run(): Promise<Outcome> {
  const [server, built] = [await buildKubernetes(), await build()];
  for (const one of [server, built]) {
    if (one.is !== "built") return { is: one.is === "impossible" ? "skipped" : "failed", why: one.why };
  }
  const args = ["run", "--config", "test/conformance/vitest.config.ts", "test/conformance/puller"];
  const env = { ...process.env, [folderOf.kubernetes]: folderIn(server), [folderOf.puller]: folderIn(built) };
  if ((await runToEnd("vitest", args, { env })) === 0) return { is: "passed" };
  return { is: "failed", why: "a node pulls otherwise than we think" };
}

const folderIn = (built: Built) => (built.is === "built" ? built.folder : "");

export const puller: Subject = { prepare, run };
