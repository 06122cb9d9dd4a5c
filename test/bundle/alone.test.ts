import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type Built, buildFor } from "./built.ts";
import { clouds } from "./cloud-bench.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Nobody listens there. */
const nowhere = "http://127.0.0.1:1";

let built: Built;
const folders: string[] = [];
beforeAll(async () => {
  built = await buildFor([...clouds, "cli"]);
}, 60_000);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** The artefact as it is deployed, in a folder where nothing else is. */
function deployed(cloud: (typeof clouds)[number]): string {
  const folder = mkdtempSync(join(tmpdir(), `capstan-alone-${cloud}-`));
  folders.push(folder);
  cpSync(dirname(built.path(cloud)), folder, { recursive: true });
  return folder;
}

/** Every kind of site and cluster, so that every client is constructed. */
function configuration(home: string): string {
  const robot = { permissions: [{ namespace: "apps", access: [{ resource: "repository", action: "pull" }] }] };
  const issuer = { username: "robot$issuer", password: "env:ISSUER" };
  return stringify({
    format: 1,
    installation: "alone",
    registries: { harbor: { kind: "harbor", endpoint: nowhere, issuer } },
    sites: {
      aws: {
        kind: "aws",
        region: "eu-central-1",
        secretsManager: { endpoint: nowhere },
        ledger: { kind: "dynamodb", table: "capstan", endpoint: nowhere },
      },
      azure: {
        kind: "azure",
        vaultUrl: nowhere,
        credential: { kind: "managed" },
        ledger: { kind: "blob", accountUrl: nowhere, container: "capstan" },
      },
      gcp: {
        kind: "gcp",
        project: "capstan-alone",
        endpoint: nowhere,
        credential: { kind: "token", token: "env:TOKEN" },
      },
    },
    clusters: { one: { site: home, server: nowhere, token: "env:TOKEN" } },
    credentials: {
      pull: {
        registry: "harbor",
        home,
        sites: ["aws", "azure", "gcp"],
        robot,
        proof: { repository: "apps/proof" },
        limits: { requestTimeout: "300ms" },
        targets: [{ clusters: "all", namespaces: { names: ["team"] }, secret: "pull" }],
      },
    },
  });
}

/** Runs a script beside the bundle in a process of its own; its last line is JSON. */
function run(folder: string, site: string, script: string): { readonly last: unknown; readonly printed: string } {
  writeFileSync(join(folder, "capstan.yaml"), configuration(site));
  writeFileSync(join(folder, "run.mjs"), script);
  // Started from elsewhere: the configuration lies beside the bundle.
  const elsewhere = join(folder, "elsewhere");
  mkdirSync(elsewhere);
  const printed = execFileSync(process.execPath, [join(folder, "run.mjs")], {
    cwd: elsewhere,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      HOME: folder,
      CAPSTAN_SITE: site,
      ISSUER: "issuer-secret",
      TOKEN: "token-secret",
      AWS_ACCESS_KEY_ID: "AKIAALONE",
      AWS_SECRET_ACCESS_KEY: "aws-secret",
      AWS_MAX_ATTEMPTS: "1",
      IDENTITY_ENDPOINT: `${nowhere}/token`,
      IDENTITY_HEADER: "identity-secret",
    },
  });
  return { last: JSON.parse(printed.trim().split("\n").at(-1) ?? "") as unknown, printed };
}

describe("a bundle alone in an empty folder", () => {
  it("aws: needs no package, finds capstan.yaml beside itself, and as home constructs every client", () => {
    const folder = deployed("aws");
    expect(readdirSync(folder)).toEqual(["index.mjs"]);
    const { last, printed } = run(
      folder,
      "aws",
      `import { handler } from "./index.mjs";
       const context = { getRemainingTimeInMillis: () => 20_000 };
       console.log(JSON.stringify(await handler({}, context)));`,
    );
    expect(last).toMatchObject({
      runs: [
        { role: "home", site: "aws" },
        { role: "site", site: "aws" },
      ],
    });
    expect(JSON.stringify(last)).toContain("dynamodb");
    for (const secret of ["issuer-secret", "token-secret", "aws-secret", "identity-secret"])
      expect(printed).not.toContain(secret);
  }, 30_000);

  it("azure: registers a timer and a manual function that wants a key, with nothing but the host's package", () => {
    const folder = deployed("azure");
    expect(readdirSync(folder).sort()).toEqual(["host.json", "index.mjs", "package.json"]);
    expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).toMatchObject({
      main: "index.mjs",
      type: "module",
    });
    expect(JSON.parse(readFileSync(join(folder, "host.json"), "utf8"))).toMatchObject({
      version: "2.0",
      functionTimeout: "00:10:00",
    });
    const core = join(folder, "node_modules/@azure/functions-core");
    mkdirSync(core, { recursive: true });
    writeFileSync(
      join(core, "index.js"),
      `exports.seen = []; exports.registerFunction = (metadata) => exports.seen.push(metadata);
       exports.setProgrammingModel = exports.registerHook = exports.log = () => {};
       exports.Disposable = class {}; exports.version = exports.hostVersion = "4.0.0";`,
    );
    const { last } = run(
      folder,
      "azure",
      `import "./index.mjs";
       import core from "@azure/functions-core";
       console.log(JSON.stringify(core.seen.map(({ name, bindings }) => [name, Object.values(bindings)[0]])));`,
    );
    expect(last).toEqual([
      ["tick", expect.objectContaining({ type: "timerTrigger", schedule: "0 */5 * * * *" })],
      [
        "manual",
        expect.objectContaining({ type: "httpTrigger", authLevel: "function", methods: ["POST"], route: "capstan" }),
      ],
    ]);
  });

  it("gcp: answers HTTP with a document and Pub/Sub with 204, and refuses without throwing the event back", () => {
    const folder = deployed("gcp");
    const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies: object };
    expect(Object.keys(dependencies)).toEqual(["@google-cloud/functions-framework"]);
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const { last } = run(
      folder,
      "gcp",
      `import { getTestServer } from "@google-cloud/functions-framework/testing";
       import "./index.mjs";
       const ask = async (name, headers, body) => {
         const server = getTestServer(name);
         await new Promise((done) => server.listen(0, "127.0.0.1", done));
         const reply = await fetch("http://127.0.0.1:" + server.address().port, { method: "POST", headers, body });
         const text = await reply.text();
         server.close();
         return [reply.status, text];
       };
       const pubsub = (data, type = "google.cloud.pubsub.topic.v1.messagePublished") => [
         { "content-type": "application/cloudevents+json" },
         JSON.stringify({ specversion: "1.0", id: "1", source: "//pubsub", type, data: { message: { data: btoa(data) } } }),
       ];
       const json = { "content-type": "application/json" };
       console.log(JSON.stringify([
         await ask("tick", {}, ""),
         await ask("tick", json, '{"canary-in-a-body":1}'),
         await ask("tickEvent", ...pubsub("")),
         await ask("tickEvent", ...pubsub('{"capstan":{"action":"status"}}')),
         await ask("tickEvent", ...pubsub('{"canary-in-a-body":1}')),
         await ask("tickEvent", ...pubsub("", "google.cloud.storage.object.v1.finalized")),
       ]));`,
    );
    const answers = last as readonly (readonly [number, string])[];
    expect(answers.map(([status]) => status)).toEqual([200, 400, 204, 204, 500, 500]);
    expect(JSON.parse(answers[0]?.[1] ?? "")).toMatchObject({
      runs: [{ role: "home" }, { role: "site", site: "gcp" }],
    });
    expect(JSON.parse(answers[1]?.[1] ?? "")).toEqual({ error: expect.stringContaining("event refused") });
    expect(answers[4]?.[1]).toContain("event refused");
    expect(answers[5]?.[1]).toBe("event refused: type: it is no Pub/Sub message");
    expect(JSON.stringify(answers)).not.toContain("canary-in-a-body");
  }, 30_000);
});

interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>;
}

describe("what is inside", () => {
  it.each([...clouds, "cli"] as const)("%s: nothing names this machine", (name) => {
    const text = readFileSync(built.path(name), "utf8");
    expect(text.includes(root)).toBe(false);
    expect(text.includes("sourceMappingURL=data")).toBe(false);
  });

  it.each(clouds)("%s: no sandbox, no test, no driver in memory, no command line", (cloud) => {
    const meta = JSON.parse(readFileSync(join(built.folder, "meta", `${cloud}.json`), "utf8")) as Metafile;
    const own = Object.keys(meta.inputs).filter((path) => !path.includes("node_modules/"));
    const rooms = new Set(own.map((path) => path.split("/").slice(0, 2).join("/")));
    expect([...rooms].filter((room) => room.startsWith("functions/")).sort()).toEqual(
      [`functions/${cloud}`, "functions/compose"].sort(),
    );
    expect([...rooms].filter((room) => !/^(core|functions)\//.test(room))).toEqual([]);
    expect(own.filter((path) => path.startsWith("core/drivers/memory/"))).toEqual([]);
    expect(own.length).toBeGreaterThan(50);
  });
});
