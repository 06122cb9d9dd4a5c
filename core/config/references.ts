import { Secret } from "../secret.ts";

export type CloudReferenceKind = "aws" | "azure" | "gcp";

/** Reads a secret text from a cloud's store. `key`: what stood after `#`, null without. */
export type ReferenceFetcher = (name: string, key: string | null) => Promise<string>;

export interface ReferenceResolverOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => Promise<string>;
  readonly fetchers: Readonly<Partial<Record<CloudReferenceKind, ReferenceFetcher>>>;
}

export interface ReferenceResolver {
  /** Throws `UnresolvedReference` with a message that names the reference and never the secret. */
  resolve(reference: string): Promise<Secret>;
}

const secretCharactersMax = 65_536;

const patterns = {
  env: "env:[A-Za-z_][A-Za-z0-9_]{0,200}",
  file: "file:[^\\u0000-\\u001f]+",
  aws: "aws:[A-Za-z0-9/_+=.@:-]{1,512}(#[A-Za-z0-9._-]{1,128})?",
  azure: "azure:https?://[A-Za-z0-9.:\\[\\]-]+/secrets/[0-9A-Za-z-]{1,127}(/[0-9a-f]{32})?",
  gcp: "gcp:projects/[a-z0-9:.-]{1,63}/secrets/[A-Za-z0-9_-]{1,255}(#[A-Za-z0-9_-]{1,63})?",
} as const;

export const referencePattern = `^(${Object.values(patterns).join("|")})$`;
export const referenceMend =
  "never write a secret here; name where it is kept: env:NAME, file:path, aws:secret-id[#key], azure:https://vault/secrets/name or gcp:projects/p/secrets/s[#alias]";

const referenceExpression = new RegExp(referencePattern);

/** Turns references of the configuration into secrets. Nothing is cached: a reference may rotate too. */
export function createReferenceResolver(options: ReferenceResolverOptions): ReferenceResolver {
  async function read(kind: string, name: string): Promise<string> {
    if (kind === "env") {
      const value = options.env[name];
      if (value === undefined) throw new UnresolvedReference(`env:${name}`, "the environment variable is not set");
      return value;
    }
    if (kind === "file") return options.readFile(name);
    const fetcher = options.fetchers[kind as CloudReferenceKind];
    if (fetcher === undefined)
      throw new UnresolvedReference(`${kind}:${name}`, `no login to ${kind} is configured here`);
    const [path, key] = splitKey(name);
    return fetcher(path, key);
  }

  return {
    async resolve(reference) {
      if (!referenceExpression.test(reference)) {
        throw new UnresolvedReference(
          "a reference",
          "it is not well formed (its text is not shown: it may be a secret)",
        );
      }
      const colon = reference.indexOf(":");
      const raw = await read(reference.slice(0, colon), reference.slice(colon + 1)).catch((error: unknown) => {
        if (error instanceof UnresolvedReference) throw error;
        // Messages of file systems and SDKs may quote what they read: only the code is kept.
        throw new UnresolvedReference(reference, `it could not be read (${codeOf(error)})`);
      });
      // Editors, `echo` and `kubectl create --from-file` leave a newline; a password never ends in one.
      const text = raw.replace(/(\r?\n)+$/, "");
      if (text === "") throw new UnresolvedReference(reference, "it is empty");
      if (text.length > secretCharactersMax) {
        throw new UnresolvedReference(reference, `it is over ${secretCharactersMax} characters long`);
      }
      return new Secret(text);
    },
  };
}

/** A reference without its secret. `message` is safe to print. */
export class UnresolvedReference extends Error {
  readonly reference: string;
  /** `denied`: asking again will not help; the others: the cloud that keeps it could not answer now. */
  readonly kind: "denied" | "throttled" | "unreachable";

  constructor(reference: string, why: string, kind: UnresolvedReference["kind"] = "denied") {
    super(`${reference}: ${why}`);
    this.name = "UnresolvedReference";
    this.reference = reference;
    this.kind = kind;
  }
}

function splitKey(name: string): [string, string | null] {
  const hash = name.indexOf("#");
  return hash < 0 ? [name, null] : [name.slice(0, hash), name.slice(hash + 1)];
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code)) return code;
  const kind = (error as { kind?: unknown } | null)?.kind;
  return typeof kind === "string" && /^[a-z-]{1,40}$/.test(kind) ? kind : "unknown";
}
