import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadConfig } from "../../core/config/load.ts";
import { builtCli } from "../bundle/built.ts";
import { type CliFleet, startLocalFleet } from "./cli-fleet.ts";

/** Somebody made robots by hand, long ago, and Secrets with them. */
let fleet: CliFleet;
let login: string;
beforeAll(async () => {
  fleet = await startLocalFleet({ clusters: 1, namespacesPerCluster: 2, entry: await builtCli() });
  const { harbor, clusters } = fleet.sandbox.describe();
  login = Buffer.from(`${harbor.admin.username}:${harbor.admin.password.reveal()}`).toString("base64");
  const make = async (name: string, level = "system", actions = ["pull"]) => {
    const access = actions.map((action) => ({ resource: "repository", action }));
    const permissions = [{ kind: "project", namespace: harbor.project, access }];
    const reply = await fetch(`${harbor.endpoint}/api/v2.0/robots`, {
      method: "POST",
      headers: { authorization: `Basic ${login}`, "content-type": "application/json" },
      body: JSON.stringify({ name, level, duration: -1, permissions }),
    });
    return (await reply.json()) as { name: string; secret: string };
  };
  const put = (namespace: string, name: string, username: string, secret: string) => {
    const auth = Buffer.from(`${username}:${secret}`).toString("base64");
    const auths = { [new URL(harbor.endpoint).host]: { auth }, "docker.io": { auth: "bm9ib2R5Om5vdGhpbmc=" } };
    fleet.sandbox.clusters[0]?.putSecret(namespace, name, { ".dockerconfigjson": JSON.stringify({ auths }) });
  };
  const web = await make("web.pull");
  const [one = "", two = ""] = clusters[0]?.namespaces ?? [];
  put(one, "regcred", web.name, web.secret);
  put(two, "regcred", web.name, web.secret);
  const shop = await make("shop", "project", ["push", "pull"]);
  put(two, "shop-regcred", shop.name, shop.secret);
  put(two, "person", "alice", "Password-of-alice-1");
  await make("idle");
  const auth = Buffer.from(`${web.name}:${web.secret}`).toString("base64");
  const image = `${harbor.endpoint}/v2/${harbor.project}/hello/manifests/1`;
  expect((await fetch(image, { headers: { authorization: `Basic ${auth}` } })).status).toBe(200);
});
afterAll(async () => {
  fleet.capstan.expectSilent([...fleet.secrets(), "Password-of-alice-1"]);
  await fleet.close();
});

function discoverArgs(...more: string[]): string[] {
  const { harbor } = fleet.sandbox.describe();
  const where = ["--harbor-url", harbor.endpoint, "--login", harbor.admin.username, "--password", "env:ADMIN"];
  return ["discover", ...where, "--kubeconfig", "./kubeconfig", "--context", "prod-1", ...more];
}

const env = () => ({ ADMIN: fleet.sandbox.describe().harbor.admin.password.reveal() });

it("tells each robot's use and holders, and what to look at", async () => {
  const before = fleet.sandbox.harbor.robots().length;
  const ran = await fleet.capstan.start([...discoverArgs(), "-o", "json"], env()).done;
  expect({ code: ran.code, err: ran.err }).toMatchObject({ code: 0 });
  const document = JSON.parse(ran.out);
  const web = document.robots.find(({ username }: { username: string }) => username === "robot$web.pull");
  expect(web).toMatchObject({ level: "system", project: null, expiresAt: null, creator: "admin", credential: null });
  expect(web.lastUsedAt).toMatch(/^\d{4}-/);
  expect(
    web.heldBy.map(({ namespace, secret }: { namespace: string; secret: string }) => `${namespace}/${secret}`),
  ).toEqual(["team-1/regcred", "team-2/regcred"]);
  const idle = document.robots.find(({ username }: { username: string }) => username === "robot$idle");
  expect(idle).toMatchObject({ lastUsedAt: null, heldBy: [], lastUse: expect.stringMatching(/^not within the last /) });
  expect(document.unknownLogins).toMatchObject([{ username: "alice", secret: "person" }]);
  const codes = document.findings.map(({ code }: { code: string }) => code);
  expect(codes).toEqual(expect.arrayContaining(["unmanaged", "never-expires", "unknown-login"]));
  expect([document.notLookedAt, document.written]).toEqual([[], null]);
  expect(fleet.sandbox.harbor.robots()).toHaveLength(before);
});

it("shows the same to people", async () => {
  const ran = await fleet.capstan.start(discoverArgs(), env()).done;
  expect(ran.code).toBe(0);
  expect(ran.out).toMatch(
    /robot\$web\.pull +system .* never +admin +(?:now|.* ago) +prod-1: team-1\/regcred, prod-1: team-2\/regcred/,
  );
  expect(ran.out).toContain("robots that Secrets hold and nobody rotates");
});

it("writes a file to start from, which loads, adopts the Secrets, and is not written over", async () => {
  const path = join(fleet.folder, "capstan.yaml");
  const ran = await fleet.capstan.start(discoverArgs("--write", "capstan.yaml"), env()).done;
  expect({ code: ran.code, written: existsSync(path) }).toEqual({ code: 0, written: true });
  const { config, problems } = loadConfig({ path, readFile: (file) => readFileSync(file, "utf8"), env: {} });
  expect(problems).toEqual([]);
  expect(config?.credentials["web-pull"]?.targets).toMatchObject([
    { clusters: ["prod-1"], secret: "regcred", adopt: true, namespaces: { names: ["team-1", "team-2"] } },
  ]);
  expect(Object.keys(config?.credentials ?? {})).toEqual(["web-pull", "shop"]);
  expect(config?.credentials["shop"]?.robot).toMatchObject({ level: "project", adopts: "robot$apps+shop" });
  expect(readFileSync(path, "utf8")).toMatch(
    /^# Alive, and in no Secret that was looked at:\n(?:# {3}.*\n)*# {3}robot\$idle$/m,
  );
  expect(existsSync(join(fleet.folder, "age.key"))).toBe(true);
  expect((await fleet.capstan.start(discoverArgs("--write", "capstan.yaml"), env()).done).code).toBe(64);
});

it("by the file it looks as the issuer, and names what that may not see", async () => {
  const { harbor } = fleet.sandbox.describe();
  fleet.edit((text) => text.replace("robot$capstan", harbor.issuer.username));
  const { code, data } = await fleet.capstan.json(["discover"]);
  expect(code).toBe(0);
  expect(data.robots.map(({ username }: { username: string }) => username)).toContain("robot$web.pull");
  expect(data.notLookedAt.map(({ place }: { place: string }) => place)).toContain("settings");
});

it("a wrong password is exit status 77", async () => {
  expect((await fleet.capstan.start(discoverArgs(), { ADMIN: "Wrong-password-1" }).done).code).toBe(77);
});
