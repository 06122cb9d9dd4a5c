import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { invoke } from "../../core/app/invoke.ts";
import { type TickResult, tick } from "../../core/app/tick.ts";
import type { Tools } from "../../core/app/tools.ts";
import { loadConfig } from "../../core/config/load.ts";
import { formatProblem } from "../../core/config/problem.ts";
import { createAgeIdentity } from "../../core/drivers/local-file/age.ts";
import { Secret } from "../../core/secret.ts";
import { planCredential } from "../../functions/cli/plan-credential.ts";
import type { Session } from "../../functions/cli/session.ts";
import { statusOf } from "../../functions/cli/status-credential.ts";
import { tickedCredential } from "../../functions/cli/tick-document.ts";
import { failureOf } from "../../functions/compose/function-failure.ts";
import { createJsonLog } from "../../functions/compose/json-log.ts";
import { createSecretSource } from "../../functions/compose/secrets.ts";
import { composeTools } from "../../functions/compose/tools.ts";
import { credentialName, sandboxConfiguration } from "../../functions/sandbox/configuration.ts";
import { environmentReferences } from "../../functions/sandbox/facts.ts";
import type { FaultAction, PartName, SetFault } from "../../functions/sandbox/faults.ts";
import { type Sandbox, startSandbox } from "../../functions/sandbox/start.ts";
import { type Canary, Outlets } from "./leaks.ts";

const sites = ["aws", "azure", "gcp", "local"];
const hourMs = 3_600_000;

let sandbox: Sandbox;
let folder = "";
let tools: Tools;
let identity: Secret;
let azureTokens: readonly Secret[];
let gcpToken: Secret;
const out = new Outlets();
const systemNow = Date.now;
let aheadMs = 0;

/** More than the time for which a refused login is not tried again (`drivers/harbor/login-gate.ts`). */
function passTime(): void {
  aheadMs += 1_600;
  Date.now = () => systemNow() + aheadMs;
}

beforeAll(async () => {
  sandbox = await startSandbox({ clusters: 4, namespacesPerCluster: 1, seed: 11, quotas: false });
  folder = mkdtempSync(join(tmpdir(), "capstan-secrecy-"));
  writeFileSync(join(folder, "ca.pem"), sandbox.caPem);
  identity = (await createAgeIdentity()).identity;
  const audiences = ["https://vault.azure.net", "https://storage.azure.com"];
  azureTokens = audiences.map((audience) => new Secret(sandbox.azure.issueToken(audience, hourMs)));
  gcpToken = new Secret(sandbox.gcp.issueToken());
  tools = compose();
});
afterAll(async () => {
  Date.now = systemNow;
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Four sites that log in with secrets of their own; no pauses, so that ticks can follow each other at once. */
function configuration(): object {
  const base = sandboxConfiguration(sandbox.describe(), environmentReferences, "./ca.pem");
  const { aws, azure, gcp } = base.sites;
  const keys = { accessKeyId: "env:AWS_ACCESS_KEY_ID", secretAccessKey: "env:AWS_SECRET_ACCESS_KEY" };
  const credential = base.credentials[credentialName];
  const limits = {
    attemptBackoff: "0s",
    attemptBackoffMax: "0s",
    attemptsPerHourMax: 1_000,
    replacedMax: 50,
    deletionsPerTickMax: 1_000,
    poll: "10ms",
  };
  return {
    ...base,
    sites: {
      aws: { ...aws, credentials: keys },
      azure: {
        ...azure,
        credential: { kind: "token", vaultToken: "env:VAULT_TOKEN", storageToken: "env:STORAGE_TOKEN" },
      },
      gcp: { ...gcp, credential: { kind: "token", token: "env:GCP_TOKEN" } },
      local: { kind: "local", directory: "./values", identity: "env:AGE_IDENTITY" },
    },
    clusters: { ...base.clusters, "prod-4": { ...base.clusters["prod-4"], site: "local" } },
    credentials: {
      [credentialName]: { ...credential, sites, drain: { overlap: "0s", longestPull: "0s" }, limits },
    },
  };
}

function compose(): Tools {
  const env = {
    ...Object.assign({}, ...Object.values(sandbox.env)),
    AGE_IDENTITY: identity.reveal(),
    VAULT_TOKEN: azureTokens[0]?.reveal(),
    STORAGE_TOKEN: azureTokens[1]?.reveal(),
    GCP_TOKEN: gcpToken.reveal(),
  };
  const text = stringify(configuration());
  const { config, problems } = loadConfig({ path: join(folder, "capstan.yaml"), readFile: () => text, env });
  if (config === null) throw new Error(problems.map(formatProblem).join("\n"));
  // Nothing is scrubbed here: what would need the scrubber is a leak.
  const json = createJsonLog({
    write: (line) => out.add("JSON log", line),
    scrub: (unscrubbed) => unscrubbed,
    nowMs: () => Date.now(),
    level: "debug",
  });
  const log: Tools["log"] = (line) => {
    out.add("log", line);
    json(line);
  };
  const made = composeTools({ config, sites, env, secrets: createSecretSource(env), log });
  return { ...made, ports: out.listenTo(made.ports) };
}

/** All that must never come out, robots of the past included. */
function canaries(): readonly Canary[] {
  const { harbor, aws, clusters } = sandbox.describe();
  const robots = sandbox.harbor.secrets().filter((secret) => !secret.equals(harbor.issuer.password));
  return [
    { name: "issuer", secret: harbor.issuer.password },
    { name: "AWS key", secret: aws.secretAccessKey },
    { name: "age identity", secret: identity },
    { name: "GCP token", secret: gcpToken },
    ...azureTokens.map((secret) => ({ name: "Azure token", secret })),
    ...clusters.map(({ name, runnerToken }) => ({ name: `token of ${name}`, secret: runnerToken })),
    ...robots.map((secret) => ({ name: "robot", secret })),
  ];
}

async function ticked(wish = true): Promise<TickResult> {
  const acts = wish ? { [credentialName]: { type: "rotate" as const } } : {};
  const result = await tick(tools, { sites, credentials: [], acts, deadlineMs: null });
  out.add("tick", result);
  out.add("document", tickedCredential(result, credentialName, 0));
  return result;
}

/** The documents that functions and the command line answer with. */
async function documents(): Promise<void> {
  const session = { tools, kinds: new Map(), context: {} } as unknown as Session;
  for (const action of ["tick", "status"] as const) {
    const command = { action, credentials: [] };
    out.add("invoke", await invoke(tools, { command, sites, deadlineMs: null }).catch(failureOf));
  }
  out.add("document", await planCredential(session, credentialName).catch(failureOf));
  out.add("document", await statusOf(session, credentialName).catch(failureOf));
}

const ticksMax = 60;

async function untilQuiet(wish = true): Promise<void> {
  let last: TickResult | null = null;
  for (let ticks = 0; ticks < ticksMax; ticks += 1) {
    last = await ticked(wish && ticks === 0);
    const isQuiet = last.runs.every(({ role, outcome }) => outcome.end === (role === "home" ? "idle" : "served"));
    if (isQuiet) return;
    // Servers tell the time in whole seconds: a drain by the slowest clock needs one to pass.
    passTime();
  }
  const left = last?.runs.map(({ site, role, outcome }) => [site, role, outcome]);
  throw new Error(`it does not come to rest: ${JSON.stringify(left)}`);
}

/** An answer that holds all that must not come out, and what was asked, wherever a client may look for words. */
function echoing(status: number, request: { body: Uint8Array }): FaultAction {
  const basic = (text: string) => Buffer.from(`robot$x:${text}`).toString("base64");
  const text = () => canaries().map(({ secret }) => `${secret.reveal()} ${basic(secret.reveal())}`);
  const headers = { "content-type": "application/json", "www-authenticate": 'Bearer realm="http://127.0.0.1:1/token"' };
  return {
    type: "reply",
    status,
    headers,
    get body() {
      const message = `${text().join(" ")} ${Buffer.from(request.body).toString("utf8")}`;
      const error = { code: message, message, status: message, details: [{ reason: message }], errors: [{ message }] };
      const causes = [{ reason: message, field: message, message }];
      const kubernetes = { kind: "Status", reason: message, details: { causes }, metadata: { continue: message } };
      return JSON.stringify({ __type: message, Message: message, message, errors: [error], error, ...kubernetes });
    },
  };
}

const failures: Readonly<Record<string, (request: { body: Uint8Array }) => FaultAction>> = {
  "503 that echoes": (request) => echoing(503, request),
  "401 that echoes": (request) => echoing(401, request),
  "409 that echoes": (request) => echoing(409, request),
  "422 that echoes": (request) => echoing(422, request),
  "200 with something else in it": (request) => echoing(200, request),
  "a connection cut before": () => ({ type: "cut-before" }),
  "a connection cut after": () => ({ type: "cut-after" }),
};

/** One failing request of each kind that a rotation makes. */
function set(part: PartName, kind: string, failure: keyof typeof failures): SetFault {
  const request: { body: Uint8Array } = { body: new Uint8Array() };
  const action = failures[failure]?.(request) ?? ({ type: "cut-before" } as const);
  const when = ({ body }: { readonly body: Uint8Array }) => {
    request.body = body;
    return true;
  };
  return sandbox.faults.set({ part, kind, times: 1, when, action });
}

function kinds(): readonly (readonly [PartName, string])[] {
  const { harbor, aws, azure, gcp, clusters } = sandbox;
  const parts = { harbor, aws, azure, gcp };
  const found = Object.entries(parts).flatMap(([part, { counts }]) =>
    [...counts.keys()].map((kind) => [part as PartName, kind] as const),
  );
  const inClusters = new Set(clusters.flatMap(({ counts }) => [...counts.keys()]));
  return [...found, ...[...inClusters].map((kind) => ["kubernetes", kind] as const)];
}

function expectSilence(): void {
  expect(out.search(canaries())).toEqual([]);
}

describe("no secret comes out of a rotation", () => {
  it("that goes well, with every call in the log", async () => {
    await untilQuiet();
    await untilQuiet();
    await documents();
    expect(sandbox.harbor.secrets().length).toBeGreaterThan(1);
    for (const where of ["log", "JSON log", "ledger", "tick", "document", "invoke"])
      expect([where, out.count(where) > 1]).toEqual([where, true]);
    expectSilence();
  });

  it.each(Object.keys(failures))("in which every kind of request once meets %s", async (failure) => {
    // So that no store is full of generations of earlier failures.
    await untilQuiet(false);
    const errorsBefore = out.count("error");
    let hits = 0;
    const all = kinds();
    // One kind of each part at a time: what fails first must not hide the others.
    const rounds = Map.groupBy(all, ([part]) => part);
    const longest = Math.max(...[...rounds.values()].map((list) => list.length));
    for (let round = 0; round < longest; round += 1) {
      const faults = [...rounds.values()].flatMap((list) => {
        const [part, kind] = list[round] ?? [];
        return part === undefined || kind === undefined ? [] : [set(part, kind, failure)];
      });
      for (let ticks = 0; ticks < 3 && faults.some((fault) => fault.hits() === 0); ticks += 1) {
        passTime();
        await ticked();
      }
      hits += faults.reduce((sum, fault) => sum + fault.hits(), 0);
      for (const fault of faults) fault.remove();
    }
    await documents();
    expect(all.length).toBeGreaterThan(30);
    expect(hits).toBeGreaterThan(all.length / 2);
    expect(out.count("error")).toBeGreaterThan(errorsBefore + 10);
    expectSilence();
  });

  it("in which a part is down as a whole", async () => {
    for (const part of ["harbor", "aws", "azure", "gcp", "kubernetes"] as const) {
      for (const status of [401, 500]) {
        const down = sandbox.faults.set({ part, action: echoing(status, { body: new Uint8Array() }) });
        await ticked();
        await documents();
        down.remove();
      }
    }
    expectSilence();
    await untilQuiet();
    expectSilence();
    // Whatever a server says is an error of the port, never a defect that stops a run.
    expect(out.count("defect")).toBe(0);
  });
});

describe("the search finds what is there", () => {
  const issuer = () => sandbox.describe().harbor.issuer;
  const robot = () => sandbox.harbor.secrets().at(-1)?.reveal() ?? "";
  const basic = (username: string, password: string) => Buffer.from(`${username}:${password}`).toString("base64");

  it.each<[string, () => unknown]>([
    ["a password in a log line", () => ({ level: "debug", message: `sent ${issuer().password.reveal()}` })],
    [
      "a header in an error's cause",
      () =>
        new Error("no", { cause: { authorization: `Basic ${basic(issuer().username, issuer().password.reveal())}` } }),
    ],
    ["a robot's secret deep in a report", () => ({ a: { b: { c: { d: [{ e: { f: robot() } }] } } } })],
    ["a robot's secret in a ledger's text", () => JSON.stringify({ password: robot() })],
    ["base64 without its user", () => Buffer.from(robot()).toString("base64")],
    ["base64url", () => Buffer.from(`x?>${robot()}`).subarray(3).toString("base64url")],
    ["a key in a URL", () => `https://x/?key=${encodeURIComponent(sandbox.describe().aws.secretAccessKey.reveal())}`],
    ["the age identity", () => [identity.reveal()]],
    ["a cluster's token", () => `Bearer ${sandbox.describe().clusters[3]?.runnerToken.reveal()}`],
  ])("%s", (_, planted) => {
    const outlets = new Outlets();
    outlets.add("planted", planted());
    expect(outlets.search(canaries())).not.toEqual([]);
  });

  it("planted among all that a tick lets out", async () => {
    await ticked();
    await documents();
    out.add("log", { level: "debug", message: "call", detail: basic(issuer().username, issuer().password.reveal()) });
    await documents();
    expect(out.count("log")).toBeGreaterThan(1_000);
    expect(out.search(canaries())).toEqual(["log: issuer as base64", "log: issuer as base64url"]);
  });
});
