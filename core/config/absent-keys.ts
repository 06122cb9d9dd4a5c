/** Names under which people look for a key of their own to encrypt with. */
const encryptionKey =
  /^(?:(?:kms|cmek|cmk|encryption|vault|customerManaged)_?key(?:_?(?:id|name|url|uri))?|key_?(?:id|name))$/i;

const noKeyOfYourOwn: Readonly<Record<string, string>> = {
  azure: "leave it out: Key Vault encrypts secrets with keys of its own and takes none per secret",
  kubernetes: "leave it out: Secrets are at rest as the cluster keeps them; switch its encryption at rest on",
  local: "leave it out: values are encrypted to the age identity",
};

/** Why a site of this kind has no such key, where somebody has reason to look for it; null: any other word. */
export function whyAbsent(kind: unknown, key: string): string | null {
  if (typeof kind !== "string" || !Object.hasOwn(noKeyOfYourOwn, kind) || !encryptionKey.test(key)) return null;
  return noKeyOfYourOwn[kind] ?? null;
}
