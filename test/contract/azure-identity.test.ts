import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createBlobLedger } from "../../core/drivers/azure-blob/ledger-store.ts";
import { createKeyVaultStore } from "../../core/drivers/azure-key-vault/secret-store.ts";
import type { AzureCredential } from "../../core/drivers/http/azure-credential.ts";
import { Secret } from "../../core/secret.ts";
import { startAzure } from "../../functions/sandbox/azure/start-azure.ts";
import { createAuthority } from "../../functions/sandbox/certificates.ts";
import { type AzureWorld, container, identityHeader, startWorld } from "./azure-fixtures.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";

const name = "platform-pull";
let world: AzureWorld;

// One sandbox for the file: MSAL keeps the endpoint it saw first for the life of the process.
beforeAll(async () => {
  world = await startWorld();
});

beforeEach(() => {
  vi.stubEnv("IDENTITY_ENDPOINT", world.azure.identityUrl);
  vi.stubEnv("IDENTITY_HEADER", identityHeader);
});

afterEach(() => {
  vi.unstubAllEnvs();
  world.faults.clear();
});

afterAll(async () => {
  await world.close();
});

// It keeps tokens too, per client id: a new one each time asks again.
const someone = (): AzureCredential => ({ kind: "managed", clientId: crypto.randomUUID() });
const storeOf = (credential: AzureCredential) =>
  createKeyVaultStore({ vaultUrl: world.azure.vaultUrl, credential, nowMs: Date.now });

describe("a managed identity", () => {
  test("gets one token per audience and uses it for every call", async () => {
    const credential = someone();
    const ledger = createBlobLedger({ accountUrl: world.azure.accountUrl, container, credential });
    const store = storeOf(credential);
    const before = world.azure.counts.get("token") ?? 0;
    await store.writeRound(name, "one");
    await store.writeRound(name, "two");
    const { revision } = await ledger.save(name, null, "text");
    expect((await ledger.load(name)).record).toEqual({ revision, text: "text" });
    expect(world.azure.counts.get("token")).toBe(before + 2);
  });

  test("works without a client id", async () => {
    await storeOf({ kind: "managed" }).writeRound(`${name}-system`, "one");
    expect(world.azure.secret(`${name}-system-round`)).toHaveLength(1);
  });

  test("is refused without the right header, and with a wrong version", async () => {
    const ask = async (header: string, version = "2019-08-01") =>
      (
        await fetch(`${world.azure.identityUrl}?api-version=${version}&resource=x`, {
          headers: { "x-identity-header": header },
        })
      ).status;
    expect([await ask("wrong"), await ask(identityHeader, "2017-09-01"), await ask(identityHeader)]).toEqual([
      401, 400, 200,
    ]);
  });

  test.each([
    [{ type: "reply", status: 429 }, "throttled"],
    [{ type: "reply", status: 500, body: "cAnArY" }, "unreachable"],
    [{ type: "reply", status: 401 }, "denied"],
    [{ type: "reply", status: 400, body: '{"error":"cAnArY","message":"cAnArY"}' }, "denied"],
    [{ type: "reply", status: 200, body: "<html>cAnArY</html>" }, "invalid"],
    [{ type: "reply", status: 200, body: '{"note":"cAnArY"}' }, "invalid"],
    [{ type: "cut-before" }, "unreachable"],
  ] as const)("whose endpoint answers %j is %s, asked once", async (action, kind) => {
    const fault = world.fault({ kind: "token", action });
    const error = await portErrorOf(storeOf(someone()).readCurrent(name));
    expect(error.kind).toBe(kind);
    expect(inspect(error, { depth: 12, showHidden: true })).not.toContain("cAnArY");
    expect(fault.hits()).toBe(1);
    fault.remove();
    await expectPortError(
      createBlobLedger({ accountUrl: world.azure.accountUrl, container: "none", credential: someone() }).load(name),
      "invalid",
    );
  });
});

describe("reaching Azure", () => {
  test("a private authority is trusted, a stranger's is not", async () => {
    const directory = await mkdtemp(join(tmpdir(), "capstan-azure-"));
    const [mine, other] = await Promise.all([createAuthority("mine"), createAuthority("other")]);
    await writeFile(join(directory, "mine.pem"), mine.caPem);
    await writeFile(join(directory, "other.pem"), other.caPem);
    const tls = await mine.leaf("azure");
    const azure = await startAzure({
      faults: world.faults,
      nowMs: Date.now,
      identityHeader,
      containers: [container],
      tls,
    });
    const credential: AzureCredential = { kind: "token", token: (resource) => new Secret(azure.issueToken(resource)) };
    const reach = (file: string) => ({ credential, caFile: join(directory, file) });
    const { vaultUrl, accountUrl } = azure;
    await createKeyVaultStore({ vaultUrl, nowMs: Date.now, ...reach("mine.pem") }).writeRound(name, "one");
    await createBlobLedger({ accountUrl, container, ...reach("mine.pem") }).save(name, null, "text");
    const distrusting = createKeyVaultStore({ vaultUrl, nowMs: Date.now, ...reach("other.pem") });
    await expectPortError(distrusting.readRound(name), "unreachable");
    await expectPortError(createBlobLedger({ accountUrl, container, ...reach("other.pem") }).load(name), "unreachable");
    await azure.close();
    await rm(directory, { recursive: true });
  });

  test("a proxy never stands between us and loopback", async () => {
    for (const variable of ["HTTPS_PROXY", "HTTP_PROXY"]) vi.stubEnv(variable, "http://127.0.0.1:9");
    vi.stubEnv("NO_PROXY", "");
    const credential = someone();
    await storeOf(credential).writeRound(name, "one");
    await createBlobLedger({ accountUrl: world.azure.accountUrl, container, credential }).load(name);
  });

  test("plain http is refused anywhere else", () => {
    const credential = someone();
    expect(() => createKeyVaultStore({ vaultUrl: "http://vault.example", credential, nowMs: Date.now })).toThrow(
      /https/,
    );
    expect(() => createBlobLedger({ accountUrl: "http://blob.example", container, credential })).toThrow(/https/);
  });
});
