import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterEach, expect, test, vi } from "vitest";
import { createAwsSecretStore } from "../../core/drivers/aws-secrets-manager/secret-store.ts";
import { createDynamoLedger } from "../../core/drivers/dynamodb/ledger-store.ts";
import { Secret } from "../../core/secret.ts";
import { startAws } from "../../functions/sandbox/aws/start-aws.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { ledgerTable, region, secretAccessKey } from "./aws-fixtures.ts";
import { portErrorOf } from "./contract-case.ts";

const credentials = { accessKeyId: "AKIASANDBOX", secretAccessKey: new Secret(secretAccessKey) };

/** An authority and its certificate for 127.0.0.1, signed with SHA-256: OpenSSL refuses SHA-1 between the two. */
async function privatePair(): Promise<{ caPem: string; cert: string; key: string }> {
  const ca = await generate([{ name: "commonName", value: "private authority" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [{ name: "basicConstraints", cA: true, critical: true }],
  });
  const leaf = await generate([{ name: "commonName", value: "aws" }], {
    keyType: "ec",
    algorithm: "sha256",
    ca: { key: ca.private, cert: ca.cert },
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  return { caPem: ca.cert, cert: leaf.cert, key: leaf.private };
}

afterEach(() => vi.unstubAllEnvs());

test("a private authority is trusted by caFile alone", async () => {
  const { caPem, cert, key } = await privatePair();
  const folder = mkdtempSync(join(tmpdir(), "capstan-aws-"));
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, caPem);
  const aws = await startAws({
    faults: new FaultBoard(),
    nowMs: () => Date.UTC(2026, 10, 24),
    accessKeyId: credentials.accessKeyId,
    secretAccessKey,
    tables: [ledgerTable],
    tls: { cert, key },
  });
  try {
    const access = { region, endpoint: aws.url, credentials };
    expect(await createAwsSecretStore({ ...access, caFile }).readCurrent("absent")).toBeNull();
    expect((await createDynamoLedger({ ...access, caFile, table: ledgerTable }).load("absent")).record).toBeNull();
    const error = await portErrorOf(createAwsSecretStore(access).readCurrent("absent"));
    expect(error.kind).toBe("unreachable");
    expect(error.message).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER/);
  } finally {
    await aws.close();
    rmSync(folder, { recursive: true });
  }
});

test("HTTPS_PROXY stands between us and AWS, and NO_PROXY takes it away", async () => {
  const asked: string[] = [];
  const proxy = createServer().on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("HTTPS_PROXY", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  vi.stubEnv("NO_PROXY", "");
  try {
    const access = { region, credentials, requestTimeoutMs: 2000 };
    const store = createAwsSecretStore(access);
    expect((await portErrorOf(store.readCurrent("x"))).kind).toBe("unreachable");
    const ledger = createDynamoLedger({ ...access, table: ledgerTable });
    expect((await portErrorOf(ledger.load("x"))).kind).toBe("unreachable");
    const hosts = [`secretsmanager.${region}.amazonaws.com:443`, `dynamodb.${region}.amazonaws.com:443`];
    expect([...new Set(asked)]).toEqual(hosts);
    vi.stubEnv("NO_PROXY", "vault.invalid");
    const direct = createAwsSecretStore({ ...access, endpoint: "https://vault.invalid" });
    expect((await portErrorOf(direct.readCurrent("x"))).kind).toBe("unreachable");
    expect([...new Set(asked)]).toEqual(hosts);
  } finally {
    proxy.close();
    proxy.closeAllConnections();
  }
});

test("plain http is for loopback, whoever names the endpoint", async () => {
  const endpoint = "http://secrets.example.com";
  expect(() => createAwsSecretStore({ region, endpoint, credentials })).toThrow(/only https/);
  vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint);
  const error = await portErrorOf(createAwsSecretStore({ region, credentials }).readCurrent("x"));
  expect(error.kind).toBe("invalid");
  expect(error.message).toMatch(/only https/);
});

test("an unreadable caFile is said when the driver is made", () => {
  expect(() => createAwsSecretStore({ region, credentials, caFile: "/no/such/ca.pem" })).toThrow(/ENOENT/);
});

test("credentials come from the environment where none are given, and their absence is bad credentials", async () => {
  const aws = await startAws({
    faults: new FaultBoard(),
    nowMs: () => Date.UTC(2026, 10, 24),
    accessKeyId: credentials.accessKeyId,
    secretAccessKey,
  });
  vi.stubEnv("AWS_ACCESS_KEY_ID", credentials.accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/no/such/credentials");
  vi.stubEnv("AWS_CONFIG_FILE", "/no/such/config");
  try {
    const access = { region, endpoint: aws.url };
    expect(await createAwsSecretStore(access).readCurrent("absent")).toBeNull();
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    const error = await portErrorOf(createAwsSecretStore(access).readCurrent("absent"));
    expect(error).toMatchObject({ kind: "denied", reason: "bad-credentials" });
  } finally {
    await aws.close();
  }
});
