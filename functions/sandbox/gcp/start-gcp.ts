import { createHash } from "node:crypto";
import type { SignedRequest } from "../aws/start-aws.ts";
import type { FaultBoard } from "../faults.ts";
import { IssuerDirectory } from "../identity/directory.ts";
import { type Listener, listen, type PartReply, type PartRequest } from "../listener.ts";
import { AccessTokens, answerMetadata } from "./access-tokens.ts";
import { generateAccessToken, isImpersonation } from "./impersonation.ts";
import { ProjectIdentity } from "./project-identity.ts";
import { GcpQuotas, type GcpRates } from "./quotas.ts";
import { GcpRefusal, refuse } from "./refusal.ts";
import { routeOf } from "./routes.ts";
import { SecretRecords, type VersionState } from "./secret-records.ts";
import { StorageObjects } from "./storage-objects.ts";
import { exchangeToken } from "./token-exchange.ts";

export interface GcpOptions {
  readonly faults: FaultBoard;
  readonly nowMs: () => number;
  readonly port?: number;
  /** The one project that there is, by id. */
  readonly project: string;
  /** Absent: no limit; `documentedGcpRates` are Google's. */
  readonly rates?: GcpRates;
  /** Cloud Storage buckets that exist from the start. */
  readonly buckets?: readonly string[];
  /** Where Google finds the keys of other issuers; one of its own where absent. */
  readonly directory?: IssuerDirectory;
  /** What AWS answers about a signed GetCallerIdentity; where absent it refuses. */
  readonly awsCallerOf?: (request: SignedRequest) => string | null;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface StoredSecret {
  readonly etag: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly aliases: Readonly<Record<string, number>>;
  /** Oldest first; `value` null: destroyed. */
  readonly versions: readonly {
    readonly number: number;
    readonly state: VersionState;
    readonly createdMs: number;
    readonly value: string | null;
  }[];
}

export interface GcpSandbox extends Listener {
  /** Pools, service accounts and Google's own issuer; to be set up from inside. */
  readonly identity: ProjectIdentity;
  /** Names in answers carry it in place of the project's id. */
  readonly projectNumber: string;
  /** `host:port` for `GCE_METADATA_HOST`. */
  readonly metadataHost: string;
  /** An access token that Secret Manager takes; for an hour where `lifeMs` is absent. */
  issueToken(lifeMs?: number): string;
  /** What is stored under a name, without a request; null: no such secret. */
  secret(name: string): StoredSecret | null;
}

/** Ids of projects are public and numbers are not derived from them; here they are, so that runs are alike. */
function projectNumberOf(project: string): string {
  return String(100_000_000_000 + createHash("sha256").update(project).digest().readUIntBE(0, 4));
}

function storedSecret(records: SecretRecords, name: string): StoredSecret | null {
  const record = records.find(name);
  if (record === null) return null;
  const versions = record.versions.map(({ number, state, createdMs, data }) => ({
    number,
    state,
    createdMs,
    value: data === null ? null : data.toString("utf8"),
  }));
  const { etag, labels, annotations, aliases } = record;
  return { etag, labels, annotations, aliases, versions };
}

function classify(request: PartRequest): string {
  if (request.path.endsWith("/service-accounts/default/token")) return "token";
  if (request.path.endsWith("/service-accounts/default/identity")) return "identity-token";
  if (request.path === "/v1/token") return "sts.token";
  if (isImpersonation(request)) return "impersonation";
  if (StorageObjects.serves(request)) return request.method === "POST" ? "object.insert" : "object.get";
  return routeOf(request)?.route.kind ?? "other";
}

/**
 * One Google Cloud project: Secret Manager (REST v1), the Security Token Service, IAM credentials and the
 * metadata server on one listener, by the documented rules. A `stale` fault answers reads from before the last write of that secret, or from the
 * moment it names, its old etag included: the service promises more for one read alone, a version by its
 * number (resource consistency page). A stale etag does no harm: the write that carries it is judged by
 * the stored one.
 */
export async function startGcp(options: GcpOptions): Promise<GcpSandbox> {
  const project = { id: options.project, number: projectNumberOf(options.project) };
  const records = new SecretRecords(project.number);
  const tokens = new AccessTokens();
  const directory = options.directory ?? new IssuerDirectory();
  const identity = new ProjectIdentity(project.id, directory, options.awsCallerOf ?? (() => null));
  const storage = new StorageObjects(options.buckets ?? []);
  const quotas = new GcpQuotas(options.rates ?? {});

  function answer(request: PartRequest): PartReply {
    const routed = routeOf(request);
    if (routed === null) throw new GcpRefusal("NOT_FOUND", "Method not found.");
    tokens.check(request);
    if (routed.project !== project.id && routed.project !== project.number) {
      throw new GcpRefusal("PERMISSION_DENIED", `Permission denied on resource project ${routed.project}.`);
    }
    quotas.take(routed.route.cost, routed.secretId, routed.version, request.nowMs);
    const body = routed.route.operation(records, request, routed.secretId, routed.version);
    return { status: 200, headers: { "content-type": "application/json; charset=UTF-8" }, body };
  }

  function handle(request: PartRequest): PartReply {
    if (request.path === "/" || request.path.startsWith("/computeMetadata/")) {
      return answerMetadata(request, tokens, project, identity);
    }
    if (request.path === "/v1/token" && request.method === "POST") return exchangeToken(request, identity, tokens);
    try {
      if (isImpersonation(request)) return generateAccessToken(request, identity, tokens);
      if (StorageObjects.serves(request)) {
        tokens.check(request);
        return storage.handle(request);
      }
      return answer(request);
    } catch (error) {
      if (error instanceof GcpRefusal) return refuse(error);
      throw error;
    }
  }

  const listener = await listen({
    part: "gcp",
    instance: "gcp",
    faults: options.faults,
    nowMs: options.nowMs,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    classify,
    handle,
  });
  return {
    ...listener,
    identity,
    projectNumber: project.number,
    metadataHost: `127.0.0.1:${listener.port}`,
    issueToken: (lifeMs) => tokens.issue(options.nowMs(), lifeMs),
    secret: (name) => storedSecret(records, name),
  };
}
