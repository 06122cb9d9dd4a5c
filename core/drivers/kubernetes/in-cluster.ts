import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import type { ClusterReach } from "./reach.ts";

const folderDefault = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The cluster that this process runs in, as its pod's ServiceAccount; the token's file is read again as it is renewed. */
export function inClusterReach(
  env: Readonly<Record<string, string | undefined>>,
  folder: string = folderDefault,
): ClusterReach {
  const [host, port] = [env["KUBERNETES_SERVICE_HOST"], env["KUBERNETES_SERVICE_PORT"] ?? "443"];
  if (!host) throw failure("KUBERNETES_SERVICE_HOST is not set: this process runs in no pod");
  const name = host.includes(":") ? `[${host}]` : host;
  const read = (file: string) => {
    try {
      return readFileSync(join(folder, file), "utf8").trim();
    } catch (error) {
      const { code = "unreadable" } = error as NodeJS.ErrnoException;
      throw failure(`${join(folder, file)} cannot be read (${code}); mount the ServiceAccount's token`);
    }
  };
  return { server: `https://${name}:${port}`, caPem: read("ca.crt"), token: () => new Secret(read("token")) };
}

function failure(why: string): PortError {
  const where = { system: "in-cluster", operation: "read" };
  return new PortError("denied", `in-cluster: ${why}`, { ...where, reason: "bad-credentials" });
}
