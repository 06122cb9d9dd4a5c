import fc from "fast-check";
import { homeLedgerOf, LedgerTextError, siteLedgerOf } from "../../../core/engine/ledger-text.ts";
import { decodeValue, encodeValue, traceOf } from "../../../core/engine/value.ts";
import {
  MalformedPullSecretError,
  mergeLogins,
  parsePullSecret,
  pullSecretType,
} from "../../../core/pullsecret/index.ts";
import { Secret } from "../../../core/secret.ts";
import { editJson, jsonEdits } from "../hostile/json-edits.ts";
import { hostileText } from "../hostile/texts.ts";
import { leaksOf } from "../hostile/verdict.ts";
import { of, pure } from "../property.ts";
import { goodHomeLedger, goodSiteLedger, goodValue } from "./good-contents.ts";

const numberMax = 1e15;
const dateMsMax = 8.64e15;

/** Every number in it can be counted on, and every time be shown. */
function complaintsAboutNumbers(node: unknown, key = ""): readonly string[] {
  if (typeof node === "number") {
    const isTime = key.endsWith("Ms");
    if (isTime) return Math.abs(node) <= dateMsMax ? [] : [`${key} is no time: ${node}`];
    return Math.abs(node) < numberMax ? [] : [`${key} cannot be counted on: ${node}`];
  }
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([name, child]) => complaintsAboutNumbers(child, name));
}

/** A ledger as the protocol takes it, or `LedgerTextError` in words that hold nothing of the text. */
export function complaintsAboutLedger(read: (text: string) => unknown, text: string): readonly string[] {
  try {
    return complaintsAboutNumbers(read(text));
  } catch (error) {
    if (!(error instanceof LedgerTextError))
      return [`no LedgerTextError: ${error instanceof Error ? error.stack : error}`];
    const { message } = error;
    if (message.length > 300) return [`a message of ${message.length} characters`];
    return [...(/[\p{Cc}\u2028\u2029]/u.test(message) ? ["unprintable"] : []), ...leaksOf(error, [])];
  }
}

const damagedText = (good: string) =>
  fc.oneof(
    { weight: 4, arbitrary: jsonEdits.map((edits) => editJson(good, edits)) },
    { weight: 1, arbitrary: fc.nat({ max: good.length }).map((length) => good.slice(0, length)) },
    { weight: 1, arbitrary: fc.oneof(hostileText, fc.json()) },
  );

function ledgerProperty(name: string, good: string, read: (record: { revision: string; text: string }) => unknown) {
  const hold = (text: string): void => {
    const complaints = complaintsAboutLedger((one) => read({ revision: "r", text: one }), text);
    if (complaints.length > 0) throw new Error(complaints.join("; "));
  };
  return pure(name, of(fc.property(damagedText(good), hold)));
}

/** Ours, foreign or newer; what is ours can be traced, written again and read as the same. */
export function complaintsAboutValue(text: string): readonly string[] {
  const decoded = decodeValue(new Secret(text));
  if (decoded.is !== "ours") return decoded.is === "newer" && !(decoded.format > 1) ? ["format"] : [];
  const { value } = decoded;
  const trace = traceOf(value);
  const again = decodeValue(encodeValue(value));
  const same = again.is === "ours" && JSON.stringify(traceOf(again.value)) === JSON.stringify(trace);
  return [...complaintsAboutNumbers(trace), ...(same ? [] : ["another one when it is written again"])];
}

/** Parsed or malformed, never thrown; merged, the neighbours stay to the letter, or nothing is written. */
export function complaintsAboutPullSecret(bytes: Uint8Array): readonly string[] {
  const content = parsePullSecret(pullSecretType, bytes);
  const text = Buffer.from(bytes).toString("utf8");
  const login = { username: "robot$pull-g1", password: new Secret("a-new-password") };
  let merged: string;
  try {
    merged = mergeLogins(text, { "harbor.example.com": login });
  } catch (error) {
    if (!(error instanceof MalformedPullSecretError))
      return [`no typed error: ${error instanceof Error ? error.stack : error}`];
    const { message } = error;
    const unprintable = /[^\x20-\x7e]/.test(message) ? [`unprintable: ${JSON.stringify(message)}`] : [];
    return content.state === "parsed" && text !== "" ? unprintable : [...unprintable];
  }
  if (content.state === "malformed") return ["a malformed Secret was written back as good"];
  const after = parsePullSecret(pullSecretType, merged);
  if (after.state !== "parsed") return ["what was written does not parse"];
  const neighbours = content.state === "parsed" ? Object.entries(content.logins) : [];
  return neighbours.flatMap(([key, before]) => {
    const now = after.logins[key];
    const isOurs = /^(?:https?:\/\/)?harbor\.example\.com(?:\/(?:v[12]\/?)?)?$/.test(key);
    const same =
      before === null ? now === null : before.username === now?.username && before.password.equals(now.password);
    return same || isOurs ? [] : [`a neighbour was changed: ${JSON.stringify(key).slice(0, 80)}`];
  });
}

const goodPullSecret = JSON.stringify({
  auths: {
    "ghcr.io": { auth: Buffer.from("them:their-password").toString("base64") },
    "quay.io": { username: "they", password: "p", email: "a@b" },
    "https://harbor.example.com/v2/": { username: "old", password: "old" },
  },
  HttpHeaders: { "X-Meta": "y" },
});

const holds = (complaints: readonly string[]): void => {
  if (complaints.length > 0) throw new Error(complaints.join("; "));
};

export const contentProperties = [
  ledgerProperty("contents of the home ledger", goodHomeLedger, homeLedgerOf),
  ledgerProperty("contents of a site ledger", goodSiteLedger, siteLedgerOf),
  pure("values in stores", of(fc.property(damagedText(goodValue), (text) => holds(complaintsAboutValue(text))))),
  pure(
    "contents of pull Secrets",
    of(
      fc.property(
        fc.oneof(
          damagedText(goodPullSecret).map((text) => Buffer.from(text)),
          fc.uint8Array({ maxLength: 60 }),
          fc
            .uint8Array({ minLength: 1, maxLength: 3 })
            .map((bytes) =>
              Buffer.concat([Buffer.from(goodPullSecret.slice(0, 90)), bytes, Buffer.from(goodPullSecret.slice(90))]),
            ),
        ),
        (bytes) => holds(complaintsAboutPullSecret(bytes)),
      ),
    ),
  ),
];
