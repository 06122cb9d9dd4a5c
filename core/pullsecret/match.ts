import { MalformedPullSecretError } from "./malformed.ts";
import { keyMatches, normalizeKey } from "./registry-key.ts";
import type { Login, PullSecretContent } from "./types.ts";

const defaultRegistry = "index.docker.io";

/**
 * The logins that kubelet tries for an image, in its order: keys in reverse byte order over all
 * Secrets, then by order of the Secrets in the pod; null is an anonymous try (pulls.md §1.1, §1.3).
 * Nothing matched: empty, and kubelet pulls anonymously. Throws `MalformedPullSecretError` for the first
 * malformed Secret: the whole pod fails, whatever the others hold.
 */
export function matchingLogins(secrets: readonly PullSecretContent[], image: string): readonly (Login | null)[] {
  const byKey = new Map<string, (Login | null)[]>();
  for (const secret of secrets) {
    if (secret.state === "malformed") throw new MalformedPullSecretError(secret.entry, secret.why);
    if (secret.state === "absent") continue;
    for (const [key, login] of Object.entries(secret.logins)) {
      const filed = normalizeKey(key);
      if (filed === null) continue;
      const logins = byKey.get(filed);
      if (logins === undefined) byKey.set(filed, [login]);
      else logins.push(login);
    }
  }
  const repository = repositoryOf(image);
  const matched = [...byKey]
    .filter(([key]) => keyMatches(key, repository))
    .sort(([left], [right]) => Buffer.compare(Buffer.from(right), Buffer.from(left)))
    .flatMap(([, logins]) => logins);
  return matched.length > 0 || !isDefaultRegistry(repository) ? matched : (byKey.get(defaultRegistry) ?? []);
}

/** Kubelet also offers Docker Hub's login to a host without dot or port, as `localhost/…` is one. */
function isDefaultRegistry(repository: string): boolean {
  const [host = ""] = repository.split("/", 1);
  return host === "docker.io" || (host !== "" && !/[.:]/.test(host));
}

/** Image name without tag and digest; Docker Hub's short names are spelt out. */
function repositoryOf(image: string): string {
  const [named = ""] = image.split("@", 1);
  const colon = named.lastIndexOf(":");
  const name = colon > named.lastIndexOf("/") ? named.slice(0, colon) : named;
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(0, slash));
  const hasHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const host = hasHost ? first : "docker.io";
  const path = hasHost ? name.slice(slash + 1) : name;
  if (host !== "docker.io" && host !== defaultRegistry) return name;
  return path.includes("/") ? `docker.io/${path}` : `docker.io/library/${path}`;
}
