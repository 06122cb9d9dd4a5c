import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dockerconfigjson,
  keyedHash,
  type Login,
  MalformedPullSecretError,
  matchingLogins,
  mergeLogins,
  parsePullSecret,
} from "../../../core/pullsecret/index.ts";
import { Secret } from "../../../core/secret.ts";

const type = "kubernetes.io/dockerconfigjson";
const login = (username: string, password: string): Login => ({ username, password: new Secret(password) });
const ours = login("robot$app+g2", "S3cret");
const oursText = '{"username":"robot$app+g2","password":"S3cret","auth":"cm9ib3QkYXBwK2cyOlMzY3JldA=="}';

function plain(text: string): Record<string, [string, string] | null> {
  const content = parsePullSecret(type, text);
  if (content.state !== "parsed") throw new Error(content.state);
  return Object.fromEntries(
    Object.entries(content.logins).map(([key, found]) => [key, found && [found.username, found.password.reveal()]]),
  );
}

describe("merging", () => {
  it.each([
    ["nothing", null, `{"auths":{"h:5000":${oursText}}}`],
    ["an empty text", "", `{"auths":{"h:5000":${oursText}}}`],
    ["null", "null", `{"auths":{"h:5000":${oursText}}}`],
    [
      "others stay character by character",
      '{ "auths" : { "a" : { "auth" : "dTpw", "email":"e" }, "b":{} } , "credHelpers": {"x" :1.50} }',
      `{"auths":{"a":{ "auth" : "dTpw", "email":"e" },"b":{},"h:5000":${oursText}},"credHelpers":{"x" :1.50}}`,
    ],
    [
      "ours is replaced where it stands",
      '{"auths":{"h:5000":{"auth":"dTpw","email":"e"},"b":{}}}',
      `{"auths":{"h:5000":${oursText},"b":{}}}`,
    ],
    [
      "other spellings of our key go",
      '{"auths":{"https://h:5000/v2/":{"auth":"dTpw"},"h:5000/":{},"h:5000/p":{},"h":{},"*:5000":{}}}',
      `{"auths":{"h:5000/p":{},"h":{},"*:5000":{},"h:5000":${oursText}}}`,
    ],
  ])("into %s", (_, current, expected) => {
    expect(mergeLogins(current, { "h:5000": ours })).toBe(expected);
  });

  it.each([
    ["broken JSON", "{", "document"],
    ["a bad neighbour", '{"auths":{"other":{"auth":"dTpwYQ="}}}', "other"],
    ["a bad entry under our own key", '{"auths":{"h:5000":{"auth":5}}}', "h:5000"],
  ])("refuses %s", (_, current, entry) => {
    const refused = expect(() => mergeLogins(current, { "h:5000": ours }));
    refused.toThrow(MalformedPullSecretError);
    refused.toThrow(entry === "document" ? "no valid JSON" : `entry ${entry}:`);
  });

  it.each(["H:5000", "https://h", "h/", "h/p", "h:", "h:x", "", "*.h", "h_x", "a..b/", "-h"])(
    "refuses key %j",
    (key) => {
      expect(() => mergeLogins(null, { [key]: ours })).toThrow("host[:port]");
    },
  );

  it.each([
    ["", "p"],
    ["u", ""],
    ["a:b", "p"],
    ["u", "p\n"],
    ["u\0", "p"],
    ["u", "\ud800"],
  ])("refuses login %j %j, without saying it", (username, password) => {
    expect(() => mergeLogins(null, { h: login(username, password) })).toThrow(
      /^pull secret: entry h: (user|pass)[a-z ]+$/,
    );
  });

  it("refuses what the API server could not hold", () => {
    const current = JSON.stringify({ auths: {}, x: "x".repeat(1_048_576) });
    expect(() => mergeLogins(current, { h: ours })).toThrow("over 1048576 bytes");
  });

  it("makes a new text", () => {
    expect(dockerconfigjson("[::1]:443", ours)).toBe(`{"auths":{"[::1]:443":${oursText}}}`);
  });
});

describe("for any text", () => {
  const entry = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ username: fc.string(), password: fc.string(), email: fc.string() }, { requiredKeys: [] }),
    },
    {
      weight: 8,
      arbitrary: fc.tuple(fc.stringMatching(/^[^:]*$/), fc.string()).map(([user, pass]) => ({
        auth: Buffer.from(`${user}:${pass}`).toString("base64"),
      })),
    },
    { weight: 1, arbitrary: fc.json().map((text) => JSON.parse(text) as unknown) },
    { weight: 1, arbitrary: fc.record({ auth: fc.string() }) },
  );
  const key = fc.oneof(
    fc.string(),
    fc.constantFrom("h", "h:5000", "https://h:5000/", "h:5000/v2/", "h:5000/p", "*:5000", "other.io", "__proto__"),
  );
  const document = fc.dictionary(key, entry).map((auths) => JSON.stringify({ auths, keep: [1, { a: null }] }));

  it("others are kept, ours reads back and is tried, nothing else is thrown", () => {
    let merged = 0;
    fc.assert(
      fc.property(document, fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (current, username, password) => {
        let text: string;
        try {
          text = mergeLogins(current, { "h:5000": login(username, password) });
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedPullSecretError);
          return;
        }
        merged += 1;
        const before = plain(current);
        const after = plain(text);
        expect(after["h:5000"]).toEqual([username, password]);
        const spelling = /^(https?:\/\/)?([^/]*@)?h:5000(\/|\/v[12]\/)?([?#].*)?$/;
        for (const [name, found] of Object.entries(before))
          if (!spelling.test(name)) expect(after[name]).toEqual(found);
        for (const name of Object.keys(after)) expect(name === "h:5000" || Object.hasOwn(before, name)).toBe(true);
        expect(JSON.parse(text)).toMatchObject({ keep: [1, { a: null }] });
        const found = matchingLogins([parsePullSecret(type, text)], "h:5000/q/r:1");
        expect(found.map((each) => each?.username)).toContain(username);
        expect(mergeLogins(text, { "h:5000": login(username, password) })).toBe(text);
      }),
      { numRuns: 2000 },
    );
    expect(merged).toBeGreaterThan(500);
  });

  it("parsing any bytes never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json(), fc.string()), fc.string(), (data, image) => {
        const content = parsePullSecret(type, data);
        try {
          matchingLogins([content], image);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedPullSecretError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("the keyed hash", () => {
  it("is HMAC-SHA256 in hexadecimal", () => {
    expect(keyedHash("k", login("u", "p"))).toBe("ded033b6e3e1e4ffc58d0bca2d6af2ae5c9bb726d8ea3a7b5b420b3cd5006a0e");
  });

  it("tells key, username and password apart", () => {
    const hashes = [
      keyedHash("k", login("ab", "c")),
      keyedHash("k", login("a", "bc")),
      keyedHash("k", login("a:b", "c")),
      keyedHash("k", login("a", "b:c")),
      keyedHash("l", login("ab", "c")),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
