import { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { OAuth2Client } from "google-auth-library";
import { createGcpAnnotationLedger } from "../../core/drivers/gcp-annotation-ledger/ledger-store.ts";
import { createGcpSecretStore } from "../../core/drivers/gcp-secret-manager/secret-store.ts";
import { createGcpAccessToken } from "../../core/drivers/http/gcp-credential.ts";
import type { LedgerStore } from "../../core/ports/ledger-store.ts";
import type { SecretStore } from "../../core/ports/secret-store.ts";
import { Secret } from "../../core/secret.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import type { GcpRates } from "../../functions/sandbox/gcp/quotas.ts";
import { type GcpSandbox, startGcp } from "../../functions/sandbox/gcp/start-gcp.ts";

export const ledgerBucket = "capstan-ledgers";
export const project = "fleet-prod-1";

export interface GcpHarness {
  readonly faults: FaultBoard;
  readonly gcp: GcpSandbox;
  readonly store: SecretStore;
  readonly ledger: LedgerStore;
  readonly access: Parameters<typeof createGcpSecretStore>[0];
  readonly token: string;
  /** Moves the project's clock; it stands still otherwise. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function startGcpHarness(rates: GcpRates = {}): Promise<GcpHarness> {
  const faults = new FaultBoard();
  let nowMs = Date.UTC(2026, 10, 24, 12);
  const gcp = await startGcp({ faults, nowMs: () => nowMs, project, rates, buckets: [ledgerBucket] });
  const token = gcp.issueToken();
  const access = {
    project,
    endpoint: gcp.url,
    accessToken: createGcpAccessToken({ kind: "token", token: () => new Secret(token) }),
    requestTimeoutMs: 5000,
    nowMs: () => nowMs,
  };
  return {
    faults,
    gcp,
    access,
    token,
    store: createGcpSecretStore(access),
    ledger: createGcpAnnotationLedger(access),
    advance: (ms) => {
      nowMs += ms;
    },
    close: () => gcp.close(),
  };
}

/** Google's own client over REST: somebody else in the same project. */
export function officialClient({ gcp, token }: GcpHarness): SecretManagerServiceClient {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: token, expiry_date: Date.now() + 3_600_000 });
  return new SecretManagerServiceClient({
    fallback: true,
    apiEndpoint: "127.0.0.1",
    port: gcp.port,
    protocol: "http",
    projectId: project,
    authClient: authClient as never,
  });
}

export interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A request with nothing between the test and the wire. */
export async function raw(harness: GcpHarness, method: string, path: string, body?: object): Promise<RawReply> {
  const reply = await fetch(`${harness.gcp.url}/v1/projects/${project}/${path}`, {
    method,
    headers: { authorization: `Bearer ${harness.token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: reply.status, headers: reply.headers, body: await reply.json() };
}
