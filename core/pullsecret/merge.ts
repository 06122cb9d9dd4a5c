import { type MalformedEntries, readDocument } from "./document.ts";
import { MalformedPullSecretError } from "./malformed.ts";
import { readLogins } from "./parse.ts";
import { normalizeKey } from "./registry-key.ts";
import type { Login } from "./types.ts";

/** The API server's limit on the data of one Secret. */
const textBytesMax = 1_048_576;
/** `host` or `host:port` as image names spell it; IPv6 in brackets. Nothing else is read alike by every consumer. */
const safeKey = /^(?:[a-z0-9]+(?:[.-]+[a-z0-9]+)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/;

/**
 * The text with our logins in it, each in the form that every consumer reads (pulls.md §2): exact
 * `host[:port]`, `username`, `password`, padded `auth`, nothing else. Entries that kubelet files under
 * the very same key (`https://host/`, `host/v2/`) are replaced, all others stay character by character.
 * `currentText` null or empty: there is none yet. `malformed` "drop" leaves out what kubelet cannot read,
 * entry by entry. Throws `MalformedPullSecretError` when the text, or
 * the result, is not what kubelet reads, or a login has no form that every consumer reads alike.
 */
export function mergeLogins(
  currentText: string | null,
  logins: Readonly<Record<string, Login>>,
  malformed: MalformedEntries = "refuse",
): string {
  const current = currentText === null || currentText === "" ? "{}" : currentText;
  const before = readLogins(current, malformed);
  const { entries, others } = readDocument(current, malformed);
  const written = new Map<string, string>();
  for (const [key, entry] of entries) {
    const filed = normalizeKey(key);
    if (filed === null || !Object.hasOwn(logins, filed)) written.set(key, entry.node.raw);
    else if (key === filed) written.set(key, "");
  }
  for (const [key, login] of Object.entries(logins)) written.set(key, writeEntry(key, login));

  const auths = [...written].map(([key, raw]) => `${JSON.stringify(key)}:${raw}`).join(",");
  const members = [`"auths":{${auths}}`, ...others.map(([name, node]) => `${JSON.stringify(name)}:${node.raw}`)];
  const text = `{${members.join(",")}}`;
  if (Buffer.byteLength(text) > textBytesMax) throw new MalformedPullSecretError(null, `over ${textBytesMax} bytes`);
  checkResult(text, before, logins, written);
  return text;
}

/** A text with this one login and nothing else. Throws `MalformedPullSecretError`. */
export function dockerconfigjson(registryKey: string, login: Login): string {
  return mergeLogins(null, { [registryKey]: login });
}

function writeEntry(key: string, login: Login): string {
  if (!safeKey.test(key)) throw new MalformedPullSecretError(key, "is no lower-case host[:port]");
  const { username } = login;
  const password = login.password.reveal();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: consumers trim or keep these, each in its own way
  const unsafe = (text: string) => text === "" || !text.isWellFormed() || /[\x00-\x1f\x7f]/.test(text);
  if (unsafe(username) || username.includes(":")) {
    throw new MalformedPullSecretError(key, "username is empty or has a colon or control character");
  }
  if (unsafe(password)) throw new MalformedPullSecretError(key, "password is empty or has a control character");
  const auth = Buffer.from(`${username}:${password}`, "utf8").toString("base64");
  return JSON.stringify({ username, password, auth });
}

/** What was written is read back as kubelet would: ours as given, the others as before. */
function checkResult(
  text: string,
  before: Readonly<Record<string, Login | null>>,
  logins: Readonly<Record<string, Login>>,
  written: ReadonlyMap<string, string>,
): void {
  const after = readLogins(text);
  for (const key of written.keys()) {
    const wanted = Object.hasOwn(logins, key) ? logins[key] : before[key];
    const got = after[key];
    const same =
      wanted && got ? wanted.username === got.username && wanted.password.equals(got.password) : wanted === got;
    if (!same) throw new MalformedPullSecretError(key, "does not read back as written");
  }
}
