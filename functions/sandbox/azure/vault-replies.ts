import type { PartReply } from "../listener.ts";
import type { SecretVersion, VaultSecret } from "./vault-records.ts";

/** A refusal in Key Vault's own shape: `{"error":{"code","message","innererror":{"code"}}}`. */
export class VaultRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly innerCode: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { readonly innerCode?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.innerCode = more.innerCode;
    this.headers = more.headers ?? {};
  }
}

export function badParameter(message: string): VaultRefusal {
  return new VaultRefusal(400, "BadParameter", message);
}

export function secretNotFound(nameAndVersion: string): VaultRefusal {
  return new VaultRefusal(404, "SecretNotFound", `No secret ${nameAndVersion} in this key vault.`);
}

export function answerRefusal(refusal: VaultRefusal): PartReply {
  const { code, message, innerCode } = refusal;
  return {
    status: refusal.status,
    headers: { ...refusal.headers, "content-type": "application/json; charset=utf-8" },
    body: {
      error: { code, message, ...(innerCode === undefined ? {} : { innererror: { code: innerCode } }) },
    },
  };
}

const recovery = { recoveryLevel: "Recoverable+Purgeable", recoverableDays: 90 };
const recoverableMs = recovery.recoverableDays * 86_400_000;
const seconds = (ms: number): number => Math.floor(ms / 1000);

/** What lists and updates show of a version; times are whole seconds. */
export function versionItem(base: string, name: string, version: SecretVersion) {
  return {
    ...(version.contentType === undefined ? {} : { contentType: version.contentType }),
    id: `${base}/secrets/${name}/${version.id}`,
    attributes: {
      enabled: version.enabled,
      ...(version.nbf === undefined ? {} : { nbf: version.nbf }),
      ...(version.exp === undefined ? {} : { exp: version.exp }),
      created: seconds(version.createdMs),
      updated: seconds(version.updatedMs),
      ...recovery,
    },
    tags: version.tags,
  };
}

export function secretBundle(base: string, name: string, version: SecretVersion) {
  return { value: version.value, ...versionItem(base, name, version) };
}

export function deletedBundle(base: string, secret: VaultSecret, version: SecretVersion) {
  const deletedMs = secret.deletedMs ?? 0;
  return {
    recoveryId: `${base}/deletedsecrets/${secret.name}`,
    deletedDate: seconds(deletedMs),
    scheduledPurgeDate: seconds(deletedMs + recoverableMs),
    ...versionItem(base, secret.name, version),
  };
}
