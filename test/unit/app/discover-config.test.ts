import { expect, test } from "vitest";
import type { Discovered, Discovery } from "../../../core/app/discover.ts";
import { renderStart } from "../../../core/app/discover-config.ts";
import { loadConfig } from "../../../core/config/load.ts";
import type { HeldPermission } from "../../../core/ports/issuer.ts";

const right = (action: string, effect?: string) => ({ resource: "repository", action, ...(effect ? { effect } : {}) });
const on = (namespace: string, ...access: ReturnType<typeof right>[]): HeldPermission => ({
  kind: "project",
  namespace,
  access,
});

let ids = 0;
/** `heldIn`: `cluster/namespace/secret`, perhaps with `@host`. */
function robot(
  username: string,
  permissions: readonly HeldPermission[],
  heldIn: readonly string[],
  rest = {},
): Discovered {
  ids += 1;
  const level = username.includes("+") ? "project" : "system";
  const base = { id: ids, username, description: "", disabled: false, createdAtMs: 0, expiresAtMs: null };
  return {
    robot: { ...base, level, project: null, creator: null, permissions },
    creator: "admin",
    ageMs: 0,
    lastUsedMs: null,
    useText: "",
    credential: null,
    heldBy: heldIn.map((place) => {
      const [path = "", registry = "https://harbor.example.com/v2/"] = place.split("@");
      const [cluster = "", namespace = "", secret = ""] = path.split("/");
      return { cluster, namespace, secret, registry, username, managed: false };
    }),
    ...rest,
  };
}

function written(robots: readonly Discovered[]) {
  const installation = { privateProjects: ["apps", "shop"] } as unknown as Discovery["installation"];
  const found = { installation, robots, strangers: [], findings: [], notLooked: [] };
  const answers = {
    harborUrl: "https://harbor.example.com",
    caFile: null,
    issuer: "robot$capstan",
    password: "env:PASSWORD",
    kubeconfig: null,
    contexts: ["prod-1", "prod-2"],
  };
  const start = renderStart(found, answers, "capstan.schema.json", 1);
  if (start === null) return null;
  const { config, problems } = loadConfig({ path: "/x/capstan.yaml", readFile: () => start.text, env: {} });
  return { ...start, config, problems };
}

test("every robot that Secrets hold is a credential, with its rights and its Secrets", () => {
  const start = written([
    robot(
      "robot$web.pull",
      [on("apps", right("pull")), on("apps", right("pull", "allow"), right("push"))],
      [...["prod-1/a/regcred", "prod-1/b/regcred", "prod-2/b/regcred", "prod-2/a/regcred", "prod-2/a/other"]],
    ),
    robot("robot$shop+web-pull", [on("shop", right("push"))], ["prod-1/c/regcred@pull.example.com"]),
    robot(
      "robot$all",
      [on("*", right("pull")), { kind: "system", namespace: "/", access: [right("x")] }],
      ["prod-2/d/regcred"],
    ),
    robot("robot$ours", [on("apps", right("pull"))], ["prod-1/e/regcred"], { credential: "ours" }),
    robot("robot$idle", [on("apps", right("pull"))], []),
  ]);
  expect(start?.problems).toEqual([]);
  expect(start?.credentials).toBe(3);
  const { "web-pull": web, "web-pull-2": shop, all } = start?.config?.credentials ?? {};
  expect(web?.robot).toMatchObject({ level: "system", adopts: "robot$web.pull" });
  expect(web?.robot.permissions).toEqual([on("apps", right("pull"), right("push"))]);
  expect(web?.targets).toMatchObject([
    { secret: "regcred", clusters: ["prod-1", "prod-2"], namespaces: { names: ["a", "b"] }, adopt: true },
    { secret: "other", clusters: ["prod-2"], namespaces: { names: ["a"] } },
  ]);
  expect(shop).toMatchObject({
    robot: { level: "project" },
    registryHost: "pull.example.com",
    proof: { repository: "shop/capstan-proof", action: "push" },
  });
  expect(all?.proof).toEqual({ repository: "apps/capstan-proof", action: "pull" });
  expect(start?.text).toContain("#   robot$idle");
  expect(start?.text).not.toContain("robot$ours");
});

test("what no file can say is left out with its reason, and an entry goes to one credential", () => {
  const start = written([
    robot("robot$many", [on("apps", right("pull"))], ["prod-1/a/s", "prod-1/b/s"]),
    robot("robot$second", [on("apps", right("pull"))], ["prod-1/a/s@harbor.example.com"]),
    robot("robot$none", [], ["prod-1/c/s"]),
    robot("robot$denied", [on("apps", right("pull", "deny"))], ["prod-1/d/s"]),
    robot("robot$old", [on("apps", right("*"))], ["prod-1/e/s"]),
    robot("robot$public", [on("open", right("pull"))], ["prod-1/f/s"]),
  ]);
  expect(start?.problems).toEqual([]);
  expect(Object.keys(start?.config?.credentials ?? {})).toEqual(["many"]);
  const comments = start?.text.split("\n").filter((line) => line.startsWith("#   robot$"));
  expect(comments).toEqual([
    "#   robot$second (1 Secret): its entries of Secrets go to another credential",
    "#   robot$none (1 Secret): it has no rights (any more)",
    "#   robot$denied (1 Secret): some of its rights are denials",
    "#   robot$old (1 Secret): some of its rights are wildcards of an old Harbor",
    "#   robot$public (1 Secret): no private project is seen that it may pull from or push to, which proves a new robot",
  ]);
  expect(written([robot("robot$idle", [on("apps", right("pull"))], [])])).toBeNull();
});

test("copies are read, and what they are copied from is written", () => {
  const found = robot(
    "robot$web",
    [on("apps", right("pull"))],
    ["prod-1/infra/pull", "prod-1/a/pull", "prod-1/b/pull"],
  );
  const heldBy = found.heldBy.map((holder) =>
    holder.namespace === "infra" ? holder : { ...holder, copy: { by: "kyverno" as const, source: "infra/pull" } },
  );
  const pushed = found.heldBy.map((holder) =>
    holder.namespace === "infra" ? holder : { ...holder, copy: { by: "replicator" as const, source: null } },
  );
  const targets = (holders: typeof heldBy | typeof pushed) =>
    Object.values(written([{ ...found, heldBy: holders }])?.config?.credentials ?? {})[0]?.targets;
  const source = { by: "capstan", adopt: true, namespaces: { names: ["infra"] } };
  const copies = { adopt: false, namespaces: { names: ["a", "b"] }, source: { namespace: "infra", secret: "pull" } };
  expect(targets(heldBy)).toMatchObject([source, { ...copies, by: "kyverno" }]);
  expect(targets(pushed)).toMatchObject([source, { ...copies, by: "replicator" }]);
});
