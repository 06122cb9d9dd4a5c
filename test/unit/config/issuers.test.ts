import { expect, test } from "vitest";
import { change, loadGood, problemsOf } from "./example.ts";

const own = `  harbor-issuer:
    registry: main
    home: aws
    robot:
      adopts: 'robot$capstan'
      permissions:
        - kind: system
          namespace: /
          access: [create, read, list, delete]
        - namespace: '*'
          access: [{ resource: repository, action: pull }]
    proof: { repository: apps/hello }
`.replace(/\[(create.*)\]/, (_, actions: string) => {
  const rights = actions.split(", ").map((action) => `{ resource: robot, action: ${action} }`);
  return `[${rights.join(", ")}]`;
});
const rotated = change("env:HARBOR_ISSUER_PASSWORD'", "env:HARBOR_ISSUER_PASSWORD', credential: harbor-issuer") + own;

test("the issuer's login may be a credential of the file, which adopts the robot made by hand", () => {
  const { registries, credentials } = loadGood(rotated);
  expect(registries["main"]?.issuer.credential).toBe("harbor-issuer");
  expect(credentials["harbor-issuer"]).toMatchObject({ targets: [], sites: [] });
});

test("with a retirer beside it, it needs only to make robots", () => {
  const retirer = "    retirer: { username: 'robot$sweeper', password: 'env:SWEEPER' }\nsites:\n";
  const onlyCreates = (text: string) =>
    ["read", "list", "delete"].reduce(
      (less, action) => change(`, { resource: robot, action: ${action} }`, "", less),
      text,
    );
  expect(problemsOf(onlyCreates(rotated))).toHaveLength(3);
  expect(problemsOf(onlyCreates(change("sites:\n", retirer, rotated)))).toEqual([]);
});

const permissions = "credentials.harbor-issuer.robot.permissions";
test.each([
  [
    "credential: harbor-issuer",
    "credential: harbor-isuer",
    "registries.main.issuer.credential: names no credential of this file; did you mean harbor-issuer?",
  ],
  [
    "{ resource: robot, action: delete }",
    "{ resource: robot, action: stop }",
    `${permissions}: has no robot:delete on the system, which the issuer needs for platform-pull`,
  ],
  [
    "namespace: '*'",
    "namespace: apps2",
    `${permissions}: has no repository:pull on project apps, which the issuer needs for platform-pull`,
  ],
  [
    "    home: aws\n    robot:",
    "    home: local\n    robot:",
    "credentials.platform-pull.home: is not the home of harbor-issuer, whose store holds the issuer's login; write home: local",
  ],
  [
    "    home: aws\n    robot:",
    "    home: aws\n    sites: [gcp]\n    robot:",
    "credentials.harbor-issuer.sites: would copy a login that mints or deletes robots to other sites",
  ],
  [
    own,
    `${own}    targets: [{ clusters: [prod-1], namespaces: { names: [x] }, secret: s }]\n`,
    "credentials.harbor-issuer.targets: would hand a login that mints or deletes robots to pull Secrets",
  ],
])("refused: %s → %s", (from, to, wanted) => {
  expect(problemsOf(change(from, to, rotated)).join("\n")).toContain(wanted);
});

test("a credential of another registry is none for this one's login", () => {
  const second =
    "  us:\n    kind: harbor\n    endpoint: https://us.example.com\n    issuer: { username: 'robot$u', password: 'env:U', credential: harbor-issuer }\nsites:\n";
  expect(problemsOf(change("sites:\n", second, rotated)).join("\n")).toContain(
    "registries.us.issuer.credential: is a credential of another registry; name one with registry: us",
  );
});
