import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Built, buildGo } from "../../conformance/go-programs.ts";
import { secretName } from "./world.ts";

const module = fileURLToPath(new URL("raw", import.meta.url));

export function buildRaw(): Promise<Built> {
  return buildGo(module, ["main.go"], [{ name: "raw", package: ".", ldflags: "-s -w" }]);
}

export interface RawResult {
  readonly applies: number;
  readonly failed: number;
  readonly tookMs: number;
  /** Major version of HTTP. */
  readonly http: number;
}

/** Runs the raw loop once over these namespaces. */
export async function runRaw(
  folder: string,
  server: string,
  caFile: string,
  token: string,
  lines: string,
): Promise<RawResult> {
  const child = spawn(join(folder, "raw"), ["-server", server, "-ca", caFile], {
    env: { TOKEN: token },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(lines);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the raw loop ended with ${code}`);
  return JSON.parse(text) as RawResult;
}

/** The bodies that the product sends, but for the version that it read before: one line for each namespace. */
export function rawBodies(namespaces: readonly string[], round: number, host: string): string {
  const username = `robot$pull-g${round}-0123abcd`;
  const password = `Raw0${String(round).padStart(28, "0")}`;
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  const text = JSON.stringify({ auths: { [host]: { username, password, auth } } });
  const data = { ".dockerconfigjson": Buffer.from(text).toString("base64") };
  const annotations = { "epoch.capstan.dev/pull": `${"0".repeat(32)}.${round}` };
  return namespaces
    .map((namespace) => {
      const labels = {
        "app.kubernetes.io/managed-by": "capstan",
        "capstan.dev/installation": "raw",
        "bench.capstan.dev/cluster": namespace.slice(0, 3),
      };
      const metadata = { namespace, name: `raw-${secretName}`, labels, annotations };
      const body = { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/dockerconfigjson", data };
      const path = `/api/v1/namespaces/${namespace}/secrets/raw-${secretName}?fieldManager=raw`;
      return JSON.stringify({ path, body });
    })
    .join("\n");
}
