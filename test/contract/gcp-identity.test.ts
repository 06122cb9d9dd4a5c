import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createGcpSecretStore } from "../../core/drivers/gcp-secret-manager/secret-store.ts";
import { createGcpAccessToken } from "../../core/drivers/http/gcp-credential.ts";
import { Secret } from "../../core/secret.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { type GcpHarness, project, startGcpHarness } from "./gcp-fixtures.ts";

const tokenPath = "/computeMetadata/v1/instance/service-accounts/default/token";

let harness: GcpHarness;
beforeAll(async () => {
  harness = await startGcpHarness();
});
afterAll(() => harness.close());
afterEach(() => {
  vi.unstubAllEnvs();
  harness.faults.clear();
});

function onGoogle(): void {
  vi.stubEnv("GCE_METADATA_HOST", harness.gcp.metadataHost);
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", undefined);
  // No gcloud login of whoever runs the tests.
  vi.stubEnv("HOME", "/nonexistent");
  vi.stubEnv("CLOUDSDK_CONFIG", "/nonexistent");
}

test("default credentials come from the metadata server and Secret Manager takes them", async () => {
  onGoogle();
  const accessToken = createGcpAccessToken({ kind: "default" });
  const store = createGcpSecretStore({ ...harness.access, accessToken });
  expect(await store.readCurrent("absent")).toBeNull();
  expect(await store.readRound("absent")).toBeNull();
  expect(harness.gcp.counts.get("token")).toBe(1);
});

test("a metadata server that refuses is `denied`, one that is down `unreachable`, without what it said", async () => {
  onGoogle();
  const kind = "token";
  harness.faults.set({ part: "gcp", kind, action: { type: "reply", status: 403, body: "cAnArY-reply" } });
  const refused = await portErrorOf(createGcpAccessToken({ kind: "default" })());
  expect([refused.kind, refused.reason, refused.status]).toEqual(["denied", "bad-credentials", 403]);
  expect(inspect(refused, { depth: 12, showHidden: true })).not.toContain("cAnArY");
  harness.faults.clear();
  harness.faults.set({ part: "gcp", kind, action: { type: "reply", status: 503, body: "cAnArY-reply" } });
  const down = await portErrorOf(createGcpAccessToken({ kind: "default" })());
  expect([down.kind, down.status]).toEqual(["unreachable", 503]);
});

test("a metadata server that cannot be reached once a token was wanted is `unreachable`", async () => {
  onGoogle();
  harness.faults.set({ part: "gcp", kind: "token", action: { type: "cut-before" } });
  await expectPortError(createGcpAccessToken({ kind: "default" })(), "unreachable");
});

test("the metadata server answers `Metadata-Flavor: Google` alone, and says so itself", async () => {
  const ask = (headers: Record<string, string>, path = tokenPath) =>
    fetch(`http://${harness.gcp.metadataHost}${path}`, { headers });
  expect((await ask({})).status).toBe(403);
  expect((await ask({ "metadata-flavor": "Google", "x-forwarded-for": "10.0.0.1" })).status).toBe(403);
  const reply = await ask({ "metadata-flavor": "Google" });
  expect(reply.headers.get("metadata-flavor")).toBe("Google");
  expect(await reply.json()).toMatchObject({ token_type: "Bearer", expires_in: expect.any(Number) });
  const id = await ask({ "metadata-flavor": "Google" }, "/computeMetadata/v1/project/project-id");
  expect(await id.text()).toBe(project);
});

test("a missing, an unknown and an expired token are refused", async () => {
  const url = `${harness.gcp.url}/v1/projects/${project}/secrets/x`;
  const missing = await fetch(url);
  expect(missing.status).toBe(401);
  expect(await missing.json()).toMatchObject({ error: { code: 401, status: "UNAUTHENTICATED" } });
  const short = harness.gcp.issueToken(1000);
  const store = (token: string) =>
    createGcpSecretStore({ ...harness.access, accessToken: async () => new Secret(token) });
  expect(await store(short).readCurrent("x")).toBeNull();
  harness.advance(1001);
  await expectPortError(store(short).readCurrent("x"), "denied", "bad-credentials");
  await expectPortError(store("made-up").readCurrent("x"), "denied", "bad-credentials");
  const elsewhere = createGcpSecretStore({ ...harness.access, project: "another-project" });
  await expectPortError(elsewhere.readCurrent("x"), "denied", "missing-right");
  const broken = createGcpSecretStore({ ...harness.access, accessToken: () => Promise.reject(new Error("cAnArY")) });
  const error = await portErrorOf(broken.readCurrent("x"));
  expect([error.kind, error.reason]).toEqual(["denied", "bad-credentials"]);
  expect(inspect(error, { depth: 12, showHidden: true })).not.toContain("cAnArY");
});
