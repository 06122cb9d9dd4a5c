/** Host with port and decoded path of a schemeless address. */
interface Address {
  readonly host: string;
  readonly path: string;
}

/**
 * What kubelet files an entry under: scheme, `/v1/` or `/v2/` in front and a lone slash are dropped,
 * so is a user part. Null: no address, the entry is ignored.
 */
export function normalizeKey(key: string): string | null {
  const address = parseAddress(key.replace(/^https?:\/\//, ""));
  if (address === null) return null;
  const path = /^\/v[12]\//.test(address.path) ? address.path.slice(3) : address.path;
  return path === "/" ? address.host : address.host + path;
}

/**
 * Globs per label of the host (`*` and `?` never cross a dot, labels must be as many), port equal as
 * text, path a prefix **as text** (`h/p` matches `h/private/x`). Case counts.
 */
export function keyMatches(normalizedKey: string, repository: string): boolean {
  const glob = parseAddress(normalizedKey);
  const target = parseAddress(repository);
  if (glob === null || target === null || !target.path.startsWith(glob.path)) return false;
  const [globHost, globPort] = splitPort(glob.host);
  const [targetHost, targetPort] = splitPort(target.host);
  const globLabels = globHost.split(".");
  const targetLabels = targetHost.split(".");
  if (globPort !== targetPort || globLabels.length !== targetLabels.length) return false;
  return globLabels.every((label, at) => labelMatches(label, targetLabels[at] ?? ""));
}

/** As Go's `url.Parse` takes `https://` + text apart: null where that fails, also for a wrong port or a bad escape. */
function parseAddress(text: string): Address | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go's parser refuses exactly these
  if (/[\x00-\x1f\x7f]/.test(text)) return null;
  const [beforeFragment = ""] = text.split("#", 1);
  const [plain = ""] = beforeFragment.split("?", 1);
  const slash = plain.indexOf("/");
  const authority = slash < 0 ? plain : plain.slice(0, slash);
  const user = authority.slice(0, Math.max(0, authority.lastIndexOf("@")));
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (!/^(?:[A-Za-z0-9\-._:~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/.test(user)) return null;
  if (!/^(?:\[[0-9A-Fa-f:.]+\]|[^\s:[\]%\\^`{|}/]*)(?::\d*)?$/.test(host)) return null;
  try {
    return { host, path: slash < 0 ? "" : decodeURIComponent(plain.slice(slash)) };
  } catch {
    return null;
  }
}

/** `[::1]:443` loses its brackets, `[::1]` keeps them: so does Go's `net.SplitHostPort`. */
function splitPort(host: string): readonly [string, string] {
  const colon = host.lastIndexOf(":");
  if (colon < 0 || host.endsWith("]")) return [host, ""];
  return [host.slice(0, colon).replace(/^\[|\]$/g, ""), host.slice(colon + 1)];
}

function labelMatches(glob: string, label: string): boolean {
  // Go reads `[::1]` as a set of characters: an IPv6 address without port never matches.
  if (glob.includes("[")) return false;
  if (!glob.includes("*")) return glob === label;
  const pieces = glob.split("*");
  const first = pieces.shift() ?? "";
  const last = pieces.pop() ?? "";
  if (!label.startsWith(first) || label.length < first.length + last.length || !label.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces) {
    const found = label.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= label.length - last.length;
}
