import { describe, expect, test } from "vitest";
import { credentialsNamed } from "../../../core/config/expand.ts";
import { change, example, loadGood, problemsOf } from "./example.ts";

const second = `  us:
    kind: harbor
    endpoint: https://harbor.us.example.com
    pullEndpoints: ['https://pull.us.example.com:8443', 'https://harbor.us.example.com']
    issuer: { username: 'robot$capstan', password: 'env:HARBOR_US_PASSWORD' }
sites:`;
const two = change("registry: main", "registries: [main, us]", change("sites:", second));

test("an entry with several registries is a credential at each, for the same targets", () => {
  const { credentials } = loadGood(two);
  expect(Object.keys(credentials)).toEqual(["platform-pull-main", "platform-pull-us"]);
  const { "platform-pull-main": main, "platform-pull-us": us } = credentials;
  expect(main).toMatchObject({ entry: "platform-pull", registry: "main", registryHost: "harbor.example.com" });
  expect(us).toMatchObject({ entry: "platform-pull", registry: "us", registryHost: "pull.us.example.com:8443" });
  expect([main?.storeName, us?.storeName]).toEqual(["capstan-platform-pull-main", "capstan-platform-pull-us"]);
  expect(us?.targets).toEqual(main?.targets);
  const named = loadGood(change("home: aws", "home: aws\n    storeName: pull", two)).credentials;
  expect(Object.values(named).map(({ storeName }) => storeName)).toEqual(["pull-main", "pull-us"]);
});

test("a name stands for one credential, or for all of its entry", () => {
  const config = loadGood(two);
  expect(credentialsNamed(config, "platform-pull")).toEqual(["platform-pull-main", "platform-pull-us"]);
  expect(credentialsNamed(config, "platform-pull-us")).toEqual(["platform-pull-us"]);
  expect(credentialsNamed(config, "constructor")).toEqual([]);
  expect(credentialsNamed(loadGood(example), "platform-pull")).toEqual(["platform-pull"]);
});

describe("refused, at the entry's own place", () => {
  const at = "credentials.platform-pull";
  test.each([
    [
      "neither",
      change("    registry: main\n", ""),
      `${at}.registry: is missing; add registry: a name under registries`,
    ],
    [
      "both",
      change("registries: [main, us]", "registry: main\n    registries: [main, us]", two),
      `${at}.registries: stands beside registry; keep one of the two`,
    ],
    [
      "one",
      change("registries: [main, us]", "registries: [main]", two),
      `${at}.registries: is too small; 2 entries is the least`,
    ],
    [
      "twice",
      change("registries: [main, us]", "registries: [main, us, main]", two),
      `${at}.registries[0]: stands here twice; keep one of them`,
    ],
    [
      "unknown",
      change("registries: [main, us]", "registries: [main, uz]", two),
      `${at}.registries[1]: names no registry of this file; did you mean us?`,
    ],
    [
      "one host for all",
      change("home: aws", "home: aws\n    registryHost: harbor.example.com", two),
      `${at}.registryHost: is one for several registries; leave it out`,
    ],
    [
      "hosts that meet",
      change("https://pull.us.example.com:8443", "https://harbor.example.com", two),
      `${at}.targets[0]: writes the entry harbor.example.com of the Secret harbor-pull in cluster prod-1, as platform-pull-main does`,
    ],
    [
      "a name that is there",
      `${two}${example.slice(example.indexOf("  platform-pull:")).replace("platform-pull", "platform-pull-us")}`,
      "credentials.platform-pull-us: makes the credential platform-pull-us, as platform-pull does; rename one of the two",
    ],
    [
      "a name that grows too long",
      change("platform-pull:", `${"p".repeat(61)}:`, two),
      `.registries[0]: makes a credential's name of 66 characters, 63 is the most`,
    ],
  ])("%s", (_what, text, wanted) => {
    expect(problemsOf(text).join("\n")).toContain(wanted);
  });

  test("what is wrong with the entry is told once", () => {
    expect(problemsOf(change("      permissions:", "      durationDays: 7\n      permissions:", two))).toHaveLength(1);
  });
});
