import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../core/config/load.ts";
import { readKubeconfig } from "../../core/drivers/kubernetes/kubeconfig.ts";
import { LedgerTextError, parseHomeLedger } from "../../core/engine/ledger-text.ts";
import { decodeValue } from "../../core/engine/value.ts";
import { PortError } from "../../core/ports/errors.ts";
import { Secret } from "../../core/secret.ts";
import { mangle } from "./hostile/mangle.ts";
import type { Mangling } from "./hostile/manglings.ts";
import { type Outcome, outcomeOf } from "./hostile/verdict.ts";
import { goodHomeLedger, goodValue } from "./inputs/good-contents.ts";
import { openAws } from "./worlds/aws.ts";
import { openAzure } from "./worlds/azure.ts";
import { openGcp } from "./worlds/gcp.ts";
import { openAzureIdentity } from "./worlds/identities.ts";
import { openKubernetes } from "./worlds/kubernetes.ts";
import type { World } from "./worlds/world.ts";

/** What fuzzing found, each as the shortest input that broke it. */
const worlds = { aws: openAws, azure: openAzure, gcp: openGcp, kubernetes: openKubernetes };
type WorldName = keyof typeof worlds | "identity";
const open = new Map<WorldName, World>();

beforeAll(async () => {
  for (const [name, openWorld] of Object.entries(worlds)) open.set(name as WorldName, await openWorld());
});
afterAll(() => Promise.all([...open.values()].map((world) => world.close())));

let run = 5_000;

/** The call with one answer mangled, all answers, or those that `when` picks by path and body. */
async function met(name: WorldName, call: string, mangling: Mangling, forEver = false): Promise<Outcome> {
  const world = open.get(name);
  const asked = world?.operations.find((one) => one.name === call);
  if (world === undefined || asked === undefined) throw new Error(`no ${call} at ${name}`);
  run += 1;
  const prepared = await asked.prepare?.(run);
  const places = { trapUrl: "http://127.0.0.1:1", ownUrl: world.url };
  const fault = world.faults.set({
    part: world.part,
    ...(forEver ? {} : { times: 1 }),
    action: { type: "mangle", mangle: (reply) => mangle(reply, mangling, places) },
  });
  try {
    return await outcomeOf(() => asked.call(prepared));
  } finally {
    fault.remove();
  }
}

function expectBadReply(outcome: Outcome): void {
  const error = outcome.is === "error" ? outcome.error : outcome;
  expect(error).toBeInstanceOf(PortError);
  expect(error).toMatchObject({ kind: "invalid", reason: "bad-reply" });
}

const places = 20;

/** Every other text, number or object in a good document, one after the other, as this. */
const everywhere = (json: string): readonly Mangling[] =>
  Array.from({ length: places }, (_, at) => ({ kind: "json", edits: [{ at: at / places, how: "replace", json }] }));

describe("an answer on its way", () => {
  test("a redirect of Kubernetes is a typed error, and its body is in no message", async () => {
    for (const status of [301, 302, 307]) {
      const outcome = await met("kubernetes", "listNamespaces by selector", { kind: "redirect", status });
      expectBadReply(outcome);
      expect(String((outcome as { error: unknown }).error)).not.toContain("NamespaceList");
    }
  });

  test("an empty answer of DynamoDB is no absent ledger", async () => {
    expectBadReply(await met("aws", "load", { kind: "truncated", share: 0 }));
  });

  test.each([200, 204, 299])("a refusal of DynamoDB's that arrives with status %i is no save", async (status) => {
    expectBadReply(await met("aws", "save that comes too late", { kind: "status", status }));
  });

  test.each([
    ["azure", "listVersions"],
    ["gcp", "listVersions"],
    ["kubernetes", "listNamespaces by selector"],
    ["kubernetes", "listSecrets"],
  ] as const)("pages without an end: %s, %s", async (name, call) => {
    const outcome = await met(name, call, { kind: "more" }, true);
    expect(outcome.is).toBe("error");
    expect((outcome as { error: unknown }).error).toMatchObject({ kind: "invalid" });
  });

  test.each([
    ["kubernetes", "readSecret"],
    ["aws", "load"],
    ["azure", "readCurrent"],
    ["gcp", "load"],
  ] as const)("bytes that are no UTF-8 are not read as something else: %s, %s", async (name, call) => {
    expectBadReply(await met(name, call, { kind: "bytes", share: 0.5, bytes: [0xc3, 0x28] }));
  });

  test.each([
    ["kubernetes", "readSecret"],
    ["kubernetes", "listSecrets"],
    ["kubernetes", "listNamespaces by name"],
    ["aws", "stage"],
    ["aws", "listVersions"],
    ["azure", "readCurrent"],
    ["azure", "listVersions"],
    ["gcp", "listVersions"],
    ["gcp", "readCurrent"],
  ] as const)("a field of another type is no defect of ours: %s, %s", async (name, call) => {
    for (const json of [`{"constructor":null,"toString":null}`]) {
      for (const mangling of everywhere(json)) {
        const outcome = await met(name, call, mangling, true);
        if (outcome.is === "error") expect(outcome.error).toBeInstanceOf(PortError);
      }
    }
  });

  test("another Secret than the one asked for is not taken for it", async () => {
    for (const json of ['"elsewhere"', '".."', '"a/b"', '"A\\nb"']) {
      for (const mangling of everywhere(json)) {
        const outcome = await met("kubernetes", "readSecret", mangling);
        if (outcome.is !== "value") continue;
        expect(outcome.value).toMatchObject({ name: "pull", namespace: expect.stringMatching(/^n\d+$/) });
      }
    }
  });

  test("a Secret whose content got lost on the way is not taken for an empty one, and written over", async () => {
    for (const json of ["null", '""']) {
      for (const call of ["applySecret beside a malformed entry", "applySecret that comes too late"]) {
        for (const mangling of everywhere(json)) {
          const outcome = await met("kubernetes", call, mangling);
          expect(outcome.is).toBe("error");
          if (outcome.is === "error") expect(outcome.error).toBeInstanceOf(PortError);
        }
      }
    }
  });

  test("a managed identity's token that is none is a typed error", async () => {
    const world = await openAzureIdentity();
    open.set("identity", world);
    for (const json of ["-1", '"a\\r\\nb"']) {
      for (const mangling of everywhere(json)) {
        const outcome = await met("identity", "managed identity", mangling);
        if (outcome.is === "error") expect(outcome.error).toBeInstanceOf(PortError);
        else expect(outcome.is === "value" && (outcome.value as Secret).reveal()).toMatch(/^[\x21-\x7e]+$/);
      }
    }
  });

  test("a revision is a short text on one line, or a typed error", async () => {
    for (const json of [JSON.stringify("x".repeat(300)), '"a\\nb"', '""']) {
      for (const mangling of everywhere(json)) {
        const outcome = await met("gcp", "load", mangling);
        if (outcome.is === "error") expect(outcome.error).toBeInstanceOf(PortError);
        else
          expect(outcome).toMatchObject({
            value: { record: { revision: expect.stringMatching(/^[\x21-\x7e]{1,256}$/) } },
          });
      }
    }
  });

  test("a date that is none is no time", async () => {
    const outcome = await met("azure", "first save", { kind: "header", name: "date", value: "yesterday" });
    expect(outcome).toMatchObject({ is: "value", value: { serverMs: null } });
  });
});

test("a name that steers terminals or begins a new log line is told on one line, and not for pages", () => {
  const name = `prod\u001b[2J\r\nlevel=info \u2028\ud800${"x".repeat(5_000)}`;
  const { message } = new PortError("invalid", `kubeconfig: no entry "${name}"`, { system: "s", operation: "o" });
  expect(message.slice(0, 50)).toBe('kubeconfig: no entry "prod?[2J??level=info ??xxxxx');
  expect(message.length).toBeLessThan(1_100);
});

test("a kubeconfig with a directive of YAML's prints no warning, which would quote it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "capstan-found-"));
  const warnings: unknown[] = [];
  const note = (warning: unknown) => warnings.push(warning);
  process.on("warning", note);
  const file = join(folder, "config");
  writeFileSync(file, "%t0kEn-of-somebody\n---\na: 1\n");
  expect(() => readKubeconfig({ files: [file], env: {}, home: folder })).toThrow(PortError);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", note);
  rmSync(folder, { recursive: true });
  expect(warnings).toEqual([]);
});

test("a file of twenty thousand mistakes is refused in seconds, with the first hundred", () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `  b${index}: {}\n`).join("");
  const { problems } = loadConfig({ path: "f", readFile: () => `format: 1\ncredentials:\n${names}`, env: {} });
  expect(problems).toHaveLength(100);
}, 60_000);

describe("what stands in a ledger or a store", () => {
  const ledgerWith = (field: RegExp, value: string) => {
    const text = goodHomeLedger.replace(field, (_, name: string) => `${name}${value}`);
    expect(text).not.toBe(goodHomeLedger);
    return text;
  };

  test.each(["9e15", "-1e308", "8640000000000001"])("a time of %s, which no date can name, is refused", (time) => {
    expect(() => parseHomeLedger(ledgerWith(/("startedAtMs":)\d+/, time))).toThrow(LedgerTextError);
  });

  test.each(["1e15", "9000000000000000"])("an epoch of %s, from which nobody can count on, is refused", (epoch) => {
    expect(() => parseHomeLedger(ledgerWith(/("epoch":)\d+/, epoch))).toThrow(LedgerTextError);
  });

  test.each([
    ["registry", "a host\\nand more"],
    ["registry", "https://harbor.example.com"],
    ["username", "robot:x"],
    ["username", "robot\\u001b[2J"],
    ["password", "a\\u0000b"],
    ["epoch", "9000000000000000"],
  ])("a value whose %s no pull Secret or ledger can hold is not ours", (field, text) => {
    const value = goodValue.replace(new RegExp(`"${field}":"[^"]*"`), () => `"${field}":"${text}"`);
    expect(value).not.toBe(goodValue);
    expect(decodeValue(new Secret(value)).is).toBe("foreign");
    expect(decodeValue(new Secret(goodValue)).is).toBe("ours");
  });
});
