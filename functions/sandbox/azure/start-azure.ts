import type { FaultBoard } from "../faults.ts";
import { IssuerDirectory } from "../identity/directory.ts";
import { type Listener, listen } from "../listener.ts";
import { answerStorage } from "./blob-api.ts";
import { BlobRecords } from "./blob-records.ts";
import { classify, isEntra } from "./classify.ts";
import { answerEntra } from "./entra-api.ts";
import { answerIdentity } from "./identity-api.ts";
import { VaultQuotas, type VaultRates } from "./quotas.ts";
import { TenantIdentity } from "./tenant-identity.ts";
import { Tokens } from "./tokens.ts";
import { answerVault } from "./vault-api.ts";
import { VaultRecords } from "./vault-records.ts";

const account = "capstanstore";

export interface AzureOptions {
  readonly faults: FaultBoard;
  readonly nowMs: () => number;
  readonly port?: number;
  /** What X-IDENTITY-HEADER must carry (IDENTITY_HEADER of the app). */
  readonly identityHeader: string;
  /** Blob containers that exist from the start. */
  readonly containers?: readonly string[];
  /** Of the vault. Absent: no limit; `documentedVaultRates` are Microsoft's. */
  readonly rates?: VaultRates;
  /** Where the tenant finds the keys of other issuers; one of its own where absent. */
  readonly directory?: IssuerDirectory;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A version as the vault holds it, value included. */
interface StoredSecretVersion {
  readonly versionId: string;
  readonly value: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  readonly createdMs: number;
}

export interface AzureSandbox extends Listener {
  /** Applications, federated credentials and the tenant's own issuer; to be set up from inside. */
  readonly identity: TenantIdentity;
  /** Of the vault: the listener's own address. */
  readonly vaultUrl: string;
  /** Of the storage account: `<url>/<account>`. */
  readonly accountUrl: string;
  /** For IDENTITY_ENDPOINT. */
  readonly identityUrl: string;
  /** Entra's authority host: the listener's own address. Clients take it over https alone. */
  readonly authorityHost: string;
  /** Versions in the order of setting (the last is current), soft-deleted names too; null: no such secret. */
  secret(name: string): readonly StoredSecretVersion[] | null;
  blob(container: string, name: string): { readonly etag: string; readonly text: string } | null;
  /** A bearer token for `https://vault.azure.net` or `https://storage.azure.com`; an hour where `lifeMs` is absent. */
  issueToken(resource: string, lifeMs?: number): string;
}

/**
 * One Azure subscription on one listener: a key vault under `/secrets` and `/deletedsecrets`, the
 * managed identity endpoint under `/msi/token`, Entra under the tenant's id, a storage account under every
 * other first segment.
 * Request kinds: `secret.set`, `.get`, `.get-version`, `.list-versions`, `.update`, `.delete`,
 * `blob.get`, `blob.put`, `token`, `entra.discovery`, `entra.token`, `other`. Rate limits of the vault bite where `rates` are given.
 */
export async function startAzure(options: AzureOptions): Promise<AzureSandbox> {
  const tokens = new Tokens(options.identityHeader, options.nowMs);
  const identity = new TenantIdentity(options.directory ?? new IssuerDirectory());
  const vault = new VaultRecords();
  const quotas = new VaultQuotas(options.rates ?? {});
  const blobs = new BlobRecords(options.containers ?? []);
  const scheme = options.tls === undefined ? "http" : "https";
  const listener = await listen({
    part: "azure",
    instance: "azure",
    faults: options.faults,
    nowMs: options.nowMs,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    classify,
    handle(request) {
      const root = request.path.split("/")[1];
      if (root === "msi") return answerIdentity(request, tokens, identity, options.identityHeader);
      if (isEntra(request)) return answerEntra(request, identity, tokens, `${scheme}://${request.headers.host}`);
      if (root === "secrets" || root === "deletedsecrets") {
        return quotas.refuse(classify(request), request.nowMs) ?? answerVault(request, vault, tokens, scheme);
      }
      return answerStorage(request, blobs, tokens);
    },
  });
  return {
    ...listener,
    identity,
    authorityHost: listener.url,
    vaultUrl: listener.url,
    accountUrl: `${listener.url}/${account}`,
    identityUrl: `${listener.url}/msi/token`,
    secret: (name) =>
      vault.find(name)?.versions.map(({ id, value, tags, enabled, createdMs }) => ({
        versionId: id,
        value,
        tags,
        enabled,
        createdMs,
      })) ?? null,
    blob(container, name) {
      const stored = blobs.container(container)?.get(name);
      return stored === undefined ? null : { etag: stored.etag, text: stored.body.toString("utf8") };
    },
    issueToken: (resource, lifeMs) => tokens.issue(resource, lifeMs).token,
  };
}
