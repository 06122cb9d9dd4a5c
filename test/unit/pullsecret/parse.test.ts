import { describe, expect, it } from "vitest";
import { parsePullSecret } from "../../../core/pullsecret/index.ts";

const type = "kubernetes.io/dockerconfigjson";
const b64 = (text: string) => Buffer.from(text).toString("base64");

/** `key → username:password`, null for an anonymous entry; a text `entry: why` for malformed. */
function read(text: string | Uint8Array): Record<string, string | null> | string {
  const content = parsePullSecret(type, text);
  if (content.state === "absent") return "absent";
  if (content.state === "malformed") return `${content.entry ?? "document"}: ${content.why}`;
  return Object.fromEntries(
    Object.entries(content.logins).map(([key, login]) => [
      key,
      login && `${login.username}:${login.password.reveal()}`,
    ]),
  );
}
const entry = (value: unknown) => read(JSON.stringify({ auths: { h: value } }));

describe("an entry", () => {
  it.each([
    ["auth wins over other fields", { auth: b64("u:p"), username: "x", password: "y" }, "u:p"],
    ["an empty auth leaves the fields", { auth: "", username: "u", password: "p" }, "u:p"],
    ["auth padded", { auth: "dTpwYQ==" }, "u:pa"],
    ["auth unpadded", { auth: "dTpwYQ" }, "u:pa"],
    ["line breaks inside base64", { auth: "dTp\r\nwYQ=\n=\n" }, "u:pa"],
    ["a newline in the password stays", { auth: b64("u:p\n") }, "u:p\n"],
    ["colons in the password stay", { auth: b64("u:p:q") }, "u:p:q"],
    ["empty password", { auth: b64("u:") }, "u:"],
    ["empty entry is anonymous", {}, null],
    ["null entry is anonymous", null, null],
    ["identitytoken is not read", { identitytoken: "t" }, null],
    ["identitytoken of any type is not read", { identitytoken: 5, registrytoken: [] }, null],
    ["no username is anonymous", { auth: b64(":p") }, null],
    ["null fields are as absent", { auth: null, username: "u", password: null }, "u:"],
    ["email is not read", { username: "u", password: "p", email: "e@x" }, "u:p"],
    ["field names in any case", { USERNAME: "u", Password: "p" }, "u:p"],
    ["field names with the long s", { u\u017fername: "u", pa\u017fsword: "p" }, "u:p"],
    ["the sharp s is no double s", { username: "u", "pa\u00dfword": "p" }, "u:"],
  ])("%s", (_, value, login) => {
    expect(entry(value)).toEqual({ h: login });
  });

  it.each([
    ["bad base64", { auth: "%%%" }, "auth is no valid base64"],
    ["URL-safe base64", { auth: "dTp-_w==" }, "auth is no valid base64"],
    ["blank inside base64", { auth: "dTpw YQ==" }, "auth is no valid base64"],
    ["blank after base64", { auth: "dTpwYQ== " }, "auth is no valid base64"],
    ["short padding", { auth: "dTpwYQ=" }, "auth is no valid base64"],
    ["text after padding", { auth: "dTpwYQ==dTpwYQ==" }, "auth is no valid base64"],
    ["one digit too many", { auth: "dTpwY" }, "auth is no valid base64"],
    ["padding alone", { auth: "=" }, "auth is no valid base64"],
    ["no colon", { auth: b64("user") }, "auth holds no colon between username and password"],
    ["nothing but a line break", { auth: "\n" }, "auth holds no colon between username and password"],
    ["auth of wrong type", { auth: 5 }, "auth is no text"],
    ["username of wrong type", { username: {} }, "username is no text"],
    ["email of wrong type", { email: false }, "email is no text"],
    ["wrong type beside a good auth", { auth: b64("u:p"), password: 1 }, "password is no text"],
    ["an array", [], "is no JSON object"],
    ["a text", "u:p", "is no JSON object"],
    ["a number", 0, "is no JSON object"],
  ])("is malformed: %s", (_, value, why) => {
    expect(entry(value)).toBe(`h: ${why}`);
  });

  it("takes the last of doubled fields and keys", () => {
    expect(read('{"auths":{"h":{"username":"a","Username":"b","username":"c","password":"p"}}}')).toEqual({ h: "c:p" });
    expect(read('{"auths":{"h":{"username":"a","password":"p"},"h":{"username":"b"}}}')).toEqual({ h: "b:" });
  });
});

describe("a document", () => {
  it.each([
    ["without auths", "{}", {}],
    ["top-level entries are those of the older type", '{"h":{"username":"u"}}', {}],
    ["credHelpers and credsStore are ignored", '{"credHelpers":1,"credsStore":[],"auths":{}}', {}],
    ["auths null", '{"auths":null}', {}],
    ["null", "null", {}],
    ["empty", "", {}],
    ["AUTHS", '{"AUTHS":{"h":{"username":"u"}}}', { h: "u:" }],
    [
      "several auths flow together",
      '{"auths":{"h":{"username":"u"}},"Auths":{"i":{"username":"v"}}}',
      { h: "u:", i: "v:" },
    ],
    ["a later null empties", '{"auths":{"h":{"username":"u"}},"auths":null}', {}],
    ["HttpHeaders", '{"HttpHeaders":{"A":"b","C":null}}', {}],
    ["half a surrogate pair", '{"auths":{"h":{"username":"\\ud800"}}}', { h: "\ufffd:" }],
    ["blanks around", ' \n{ "auths" : { "h" : { "username" : "u" , "x" : [ 1 , { } ] } } } \t', { h: "u:" }],
  ])("%s", (_, text, logins) => {
    expect(read(text)).toEqual(logins);
  });

  it.each([
    ["cut short", '{"auths":{', "document: no valid JSON"],
    ["blanks only", "  ", "document: no valid JSON"],
    ["text behind", "{}x", "document: no valid JSON"],
    ["byte order mark", "\ufeff{}", "document: no valid JSON"],
    ["single quotes", "{'auths':{}}", "document: no valid JSON"],
    ["an array", "[]", "document: is no JSON object"],
    ["a text", '"x"', "document: is no JSON object"],
    ["auths an array", '{"auths":[]}', "document: auths is no JSON object"],
    ["auths a text", '{"auths":""}', "document: auths is no JSON object"],
    ["an entry that a later one replaces", '{"auths":{"h":5,"h":{}}}', "h: is no JSON object"],
    ["an entry that a later null empties", '{"auths":{"h":5},"auths":null}', "h: is no JSON object"],
    ["HttpHeaders of wrong type", '{"HttpHeaders":["a"]}', "document: HttpHeaders is no object of texts"],
    ["HttpHeaders with a number", '{"httpheaders":{"a":1}}', "document: HttpHeaders is no object of texts"],
    ["nested too deeply", `{"x":${"[".repeat(10_001)}${"]".repeat(10_001)}}`, "document: nested too deeply"],
  ])("is malformed: %s", (_, text, why) => {
    expect(read(text)).toBe(why);
  });

  it("is read from bytes, with bad UTF-8 replaced", () => {
    const bytes = Buffer.concat([
      Buffer.from('{"auths":{"h":{"username":"u'),
      Buffer.from([0xff]),
      Buffer.from('"}}}'),
    ]);
    expect(read(new Uint8Array(bytes))).toEqual({ h: "u\ufffd:" });
  });

  it("of another registry is named, without what it holds", () => {
    const text = JSON.stringify({
      auths: { h: { auth: b64("u:p") }, "https://me:canary-1@other.io": { auth: "canary-2" } },
    });
    const content = parsePullSecret(type, text);
    expect(content).toMatchObject({ state: "malformed", entry: "other.io" });
    expect(JSON.stringify(content)).not.toContain("canary");
  });

  it("keeps a key that is the name of a prototype", () => {
    expect(read('{"auths":{"__proto__":{"username":"u"}}}')).toEqual(Object.fromEntries([["__proto__", "u:"]]));
  });
});

it("is ignored in a Secret of any other type, absent when there is none", () => {
  const good = JSON.stringify({ auths: { h: { auth: b64("u:p") } } });
  expect(parsePullSecret("Opaque", good)).toEqual({ state: "parsed", logins: {} });
  expect(parsePullSecret("kubernetes.io/dockercfg", "{broken")).toEqual({ state: "parsed", logins: {} });
  expect(parsePullSecret(type, null)).toEqual({ state: "absent" });
});

it("reads a megabyte in one text", () => {
  const text = JSON.stringify({ auths: { h: { username: "u", password: '\\"x'.repeat(260_000) } } });
  expect(parsePullSecret(type, text).state).toBe("parsed");
});
