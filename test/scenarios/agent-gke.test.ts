import { spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { agentManifests } from "../../core/app/manifests/agent.ts";
import { loadConfig } from "../../core/config/load.ts";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { bundleTargets } from "../../infra/bundle/targets.ts";
import { builtCli } from "../bundle/built.ts";
import { type CliFleet, startCloudFleet } from "./cli-fleet.ts";

const recipe = readFileSync(fileURLToPath(new URL("../../infra/kubernetes/agent.dockerfile", import.meta.url)), "utf8");
const lineOf = (word: string) => new RegExp(`^${word} (.+)$`, "m").exec(recipe)?.[1] ?? "";

/** What the image has besides Node: one file, where the recipe copies it to. */
function imageIn(root: string, bundle: string): readonly string[] {
  const [from = "", to = ""] = lineOf("COPY").split(" ");
  const target = bundleTargets.find(({ name }) => name === "cli");
  expect(from).toBe(`dist/${target?.outFile}`);
  mkdirSync(join(root, dirname(to)), { recursive: true });
  cpSync(bundle, join(root, to));
  const [node, path] = JSON.parse(lineOf("ENTRYPOINT")) as readonly string[];
  expect([node, path]).toEqual(["node", to]);
  return [join(root, to)];
}

interface Pod {
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
  }[];
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
}

/** As `capstan manifests` prints it for this file, with what the pod's ServiceAccount stands for. */
function podOf(text: string, path: string): Pod {
  const { config } = loadConfig({ path, readFile: () => text, env: {} });
  if (config === null) throw new Error("the file is refused");
  const manifests = agentManifests(config, "edge", {
    ...{ account: { namespace: "capstan", name: "capstan" }, form: "cronjob", image: "capstan", files: {} },
    identity: { cloud: "gcp", email: "capstan-edge@example-project.iam.gserviceaccount.com" },
  });
  const spec = manifests.find(({ kind }) => kind === "CronJob")?.spec as {
    readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: Pod } } };
  };
  return spec.jobTemplate.spec.template.spec;
}

/** Home on AWS; an agent in a GKE cluster reads Google's store, and nobody else reaches that cluster. */
async function gkeFleet(): Promise<CliFleet> {
  const fleet = await startCloudFleet({ clusters: 2, namespacesPerCluster: 1, entry: await builtCli() });
  fleet.edit((text) => {
    const file = parse(text);
    return stringify({
      ...file,
      sites: { aws: file.sites.aws, gcp: file.sites.gcp, edge: { kind: "agent", of: "gcp" } },
      clusters: {
        "prod-1": file.clusters["prod-1"],
        "prod-2": { site: "edge", inCluster: true, serviceAccountFolder: "account" },
      },
      credentials: { "platform-pull": { ...file.credentials["platform-pull"], sites: ["gcp", "edge"] } },
    });
  });
  return fleet;
}

test("the image's file alone, as user and with the read-only root that the manifests say, logs in by GKE's metadata server and serves", async () => {
  const fleet = await gkeFleet();
  onTestFinished(() => fleet.close());
  expect(await fleet.capstan.run(["rotate"])).toMatchObject({ code: 3 });
  expect(await fleet.capstan.run(["tick"])).toMatchObject({ code: 3 });

  const root = mkdtempSync(join(tmpdir(), "capstan-image-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  chmodSync(root, 0o755);
  const entry = imageIn(root, await builtCli());
  const text = readFileSync(join(fleet.folder, "capstan.yaml"), "utf8");
  const pod = podOf(text, join(fleet.folder, "capstan.yaml"));
  const [container] = pod.containers;
  const { runAsUser: uid, runAsGroup: gid } = pod.securityContext;
  expect(lineOf("USER")).toBe(`${uid}:${gid}`);
  expect(container?.securityContext.readOnlyRootFilesystem).toBe(true);
  const env = Object.fromEntries(container?.env.map(({ name, value }) => [name, value]) ?? []);
  const mounted = join(root, dirname(env["CAPSTAN_CONFIG"] ?? ""));
  mkdirSync(join(mounted, "account"), { recursive: true });
  const { caPem, clusters, gcp } = fleet.sandbox.describe();
  const files = { "capstan.yaml": text, "ca.pem": caPem, "account/ca.crt": caPem };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(mounted, name), content);
  writeFileSync(join(mounted, "account", "token"), clusters[1]?.runnerToken.reveal() ?? "");

  const edge = fleet.sandbox.clusters.find(({ name }) => name === "prod-2");
  const run = () =>
    runAlone([...entry, ...(container?.args ?? [])], {
      cwd: root,
      // Only root may become somebody else.
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
      env: {
        ...{ ...env, CAPSTAN_CONFIG: join(root, env["CAPSTAN_CONFIG"] ?? "") },
        // What a container runtime sets for a user that /etc/passwd does not know.
        ...{ HOME: "/", KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(edge?.port) },
        GCE_METADATA_HOST: gcp.metadataHost,
      },
    });
  const secret = () => edge?.secret("team-1", pullSecretName)?.data[".dockerconfigjson"] ?? "";

  // It takes a few seconds until GKE's metadata server answers a new pod (GKE, "Workload Identity", limitations).
  const notYet = fleet.sandbox.faults.set({ part: "gcp", kind: "token", action: { type: "cut-before" } });
  const early = await run();
  expect([early.code, secret()]).toEqual([1, ""]);
  expect(early.out).toContain("gcp-credential");
  notYet.remove();

  const before = fleet.sandbox.gcp.counts.get("token") ?? 0;
  const served = await run();
  expect(served.code, served.out).toBe(0);
  expect(fleet.sandbox.gcp.counts.get("token")).toBe(before + 1);
  expect(secret()).toContain('"auth"');
  for (const hidden of fleet.secrets()) expect(served.out + early.out).not.toContain(hidden);
});

interface Alone {
  readonly cwd: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly env: Readonly<Record<string, string>>;
}

/** Node may read, and write nothing: no file, no folder. */
async function runAlone(args: readonly string[], options: Alone): Promise<{ code: number | null; out: string }> {
  const flags = ["--permission", "--allow-fs-read=*"];
  const child = spawn(process.execPath, [...flags, ...args], { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, out };
}
