import { describe, expect, it } from "vitest";
import {
  type Login,
  MalformedPullSecretError,
  matchingLogins,
  type PullSecretContent,
} from "../../../core/pullsecret/index.ts";
import { Secret } from "../../../core/secret.ts";

const login = (username: string): Login => ({ username, password: new Secret("p") });
const secret = (...keys: [string, string | null][]): PullSecretContent => ({
  state: "parsed",
  logins: Object.fromEntries(keys.map(([key, username]) => [key, username === null ? null : login(username)])),
});
const tried = (secrets: PullSecretContent[], image: string) =>
  matchingLogins(secrets, image).map((found) => found?.username ?? null);
const matches = (key: string, image = "h.example.com/p/r:tag") => tried([secret([key, "u"])], image).length === 1;

describe("a key", () => {
  it.each([
    "h.example.com",
    "https://h.example.com",
    "http://h.example.com",
    "https://h.example.com/",
    "h.example.com/v2/",
    "https://h.example.com/v1/",
    "https://me@h.example.com",
    "h.example.com?x=1",
    "h.example.com#x",
    "h.example.com:",
    "*.example.com",
    "h.*.com",
    "*.*.*",
    "h*.ex*mp*e.com",
    "h.example.com/p",
    "h.example.com/p/",
    "h.example.com/p/r",
    "h.example.com/v2/p",
    "h.example.com/%70",
  ])("%s matches", (key) => {
    expect(matches(key)).toBe(true);
  });

  it.each([
    "https://h.example.com/v2",
    "h.example.com:443",
    "H.example.com",
    "h.Example.com",
    "*.com",
    "*",
    "*.*.*.*",
    "h.ex*amples.com",
    "h.*exam*mple.com",
    "h.example.com/pro",
    "h.example.com/P",
    "h.example.com/*",
    "h.example.com/p/r/s",
    "h.example.com:*",
    "h.example.com:x",
    "h.example.com/%zz",
    "h.example.com/a b",
    "h example.com",
    "HTTPS://h.example.com",
    "me%zz@h.example.com",
    "m e@h.example.com",
    "",
  ])("%s does not match", (key) => {
    expect(matches(key)).toBe(false);
  });

  it("is a path prefix as text", () => {
    expect(matches("h.example.com/p", "h.example.com/private/x")).toBe(true);
  });

  it("carries the port as text", () => {
    expect(matches("h:5000", "h:5000/p/r")).toBe(true);
    expect(matches("https://h:5000/v2/", "h:5000/p/r@sha256:00")).toBe(true);
    expect(matches("h", "h:5000/p/r")).toBe(false);
    expect(matches("*:5000", "h:5000/p/r")).toBe(true);
    expect(matches("[::1]:5000", "[::1]:5000/p/r")).toBe(true);
    expect(matches("[::1]", "[::1]/p/r")).toBe(false);
  });
});

describe("the order of tries", () => {
  it("is that of the keys, backwards over all Secrets, then that of the Secrets (pulls.md §1.1)", () => {
    const secrets = [
      secret(["h.d", "A"]),
      secret(["h.d/p", "B"]),
      secret(["https://h.d/v2/", "C"]),
      secret(["*.d", "D"]),
    ];
    expect(tried(secrets, "h.d/p/r:1")).toEqual(["B", "A", "C", "D"]);
    expect(tried([...secrets].reverse(), "h.d/p/r:1")).toEqual(["B", "C", "A", "D"]);
  });

  it("has an empty entry as an anonymous try", () => {
    expect(tried([secret(["h.d", null]), secret(["*.d", "D"])], "h.d/p/r")).toEqual([null, "D"]);
  });

  it("is empty without a match, with an absent Secret, without Secrets", () => {
    expect(tried([secret(["x.d", "A"]), { state: "absent" }], "h.d/p/r")).toEqual([]);
    expect(tried([], "h.d/p/r")).toEqual([]);
  });
});

it("one malformed Secret stops the whole pod", () => {
  const secrets: PullSecretContent[] = [
    secret(["h.d", "A"]),
    { state: "malformed", entry: "other", why: "auth is no text" },
  ];
  expect(() => matchingLogins(secrets, "h.d/p/r")).toThrow(MalformedPullSecretError);
  expect(() => matchingLogins(secrets, "h.d/p/r")).toThrow("entry other: auth is no text");
});

it.each([
  ["busybox", "docker.io", true],
  ["busybox:1", "docker.io/library", true],
  ["team/app", "https://index.docker.io/v1/", true],
  ["docker.io/team/app", "index.docker.io", true],
  ["index.docker.io/team/app", "docker.io/team", true],
  ["localhost/team/app", "index.docker.io", true],
  ["localhost:5000/team/app", "index.docker.io", false],
  ["h.d/team/app", "index.docker.io", false],
])("Docker Hub's names: %s with key %s", (image, key, expected) => {
  expect(matches(key, image)).toBe(expected);
});
