import { PortError } from "../../ports/errors.ts";
import type { Api } from "./api.ts";
import { basicAuthorization, type Wire } from "./wire.ts";

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** A pull of our own that the audit log has to show. */
export interface ProbePull {
  readonly username: string;
  /** By the registry's clock, a moment before the pull at latest. */
  readonly sinceMs: number;
}

/** `project/repository:tag` → a GET of its manifest, as a puller would. Throws where it cannot be pulled. */
export async function probePull(api: Api, wire: Wire, endpoint: string, image: string): Promise<ProbePull> {
  const operation = "probe-pull";
  const login = await api.issuer(operation);
  const [, repository = "", reference = ""] = /^(.+)[:@](.+?)$/.exec(image.replace("@sha256:", "@sha256-")) ?? [];
  const path = `/v2/${repository}/manifests/${reference.replace(/^sha256-/, "sha256:")}`;
  const reply = await wire({
    method: "GET",
    url: `${endpoint.replace(/\/+$/, "")}${path}`,
    operation,
    authorization: basicAuthorization(login),
    accept: manifestTypes,
  });
  if (reply.status !== 200 || reply.serverMs === null)
    throw new PortError("invalid", `harbor: usage: ${login.username} cannot pull ${image} (status ${reply.status})`, {
      system: "harbor",
      operation,
      status: reply.status,
    });
  // `Date` is cut to the second.
  return { username: login.username, sinceMs: reply.serverMs - 1000 };
}
