import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { createAwsSecretStore } from "../../core/drivers/aws-secrets-manager/secret-store.ts";
import { callerIdentity, createWebIdentityTokens } from "../../core/drivers/aws-sts/web-identity-token.ts";
import { Secret } from "../../core/secret.ts";
import { type AwsSandbox, startAws } from "../../functions/sandbox/aws/start-aws.ts";
import { type AzureSandbox, startAzure } from "../../functions/sandbox/azure/start-azure.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type GcpSandbox, startGcp } from "../../functions/sandbox/gcp/start-gcp.ts";
import { IssuerDirectory } from "../../functions/sandbox/identity/directory.ts";
import { createOidcIssuer } from "../../functions/sandbox/identity/issuer.ts";
import { portErrorOf } from "./contract-case.ts";
import { rule } from "./rule.ts";

// What the clouds' token services do with proofs, by requests that no SDK of ours would send.

const federationDocs = "Entra, workload identity federation, considerations";
const stsReference = "STS API reference, AssumeRoleWithWebIdentity";
const poolDocs = "IAM, workload identity federation, best practices";
const clientId = "7c1b2f0e-6a5d-4e3c-9b8a-112233445566";
const provider = "projects/123456789012/locations/global/workloadIdentityPools/pool/providers/elsewhere";
const serviceAccount = "guest@fleet-prod-1.iam.gserviceaccount.com";
const audience = "api://capstan";
const hourMs = 3_600_000;

const issuer = createOidcIssuer("https://issuer.example");
/** Has the same name and other keys, as somebody has who makes tokens up. */
const impostor = createOidcIssuer("https://issuer.example");

let nowMs = Date.UTC(2026, 10, 24, 12);
let aws: AwsSandbox;
let azure: AzureSandbox;
let gcp: GcpSandbox;
beforeAll(async () => {
  const directory = new IssuerDirectory();
  directory.add(issuer);
  const common = { faults: new FaultBoard(), directory, nowMs: () => nowMs };
  aws = await startAws({ ...common, accessKeyId: "AKIASANDBOX", secretAccessKey: "key" });
  azure = await startAzure({ ...common, identityHeader: "header" });
  gcp = await startGcp({ ...common, project: "fleet-prod-1", awsCallerOf: (request) => aws.callerOf(request) });
});
afterAll(() => Promise.all([aws.close(), azure.close(), gcp.close()]));

const roleArn = () => `arn:aws:iam::${aws.identity.account}:role/guest`;
beforeEach(() => {
  const federated = aws.identity.providerArn(issuer.url);
  aws.identity.providers.set(issuer.url, [audience]);
  aws.identity.roles.set(roleArn(), [{ federated, equals: { "issuer.example:sub": "home" } }]);
  azure.identity.federated.set(clientId, [{ issuer: issuer.url, subject: "home", audience }]);
  gcp.identity.providers.set(provider, { kind: "oidc", issuerUri: issuer.url, allowedAudiences: [audience] });
  gcp.identity.users.set(serviceAccount, [
    `principal://iam.googleapis.com/${provider.split("/providers/")[0]}/subject/home`,
  ]);
});

const times = () => ({ nowMs, lifeMs: hourMs });
const proof = (by = issuer, algorithm: "RS256" | "ES384" = "RS256") =>
  by.issue({ sub: "home", aud: audience }, times(), algorithm);

async function post(url: string, form: Readonly<Record<string, string>>) {
  const reply = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
  return { status: reply.status, text: await reply.text() };
}

const assume = (token: string) =>
  post(aws.url, {
    Action: "AssumeRoleWithWebIdentity",
    RoleArn: roleArn(),
    RoleSessionName: "test",
    WebIdentityToken: token,
  });

const askEntra = (assertion: string) =>
  post(`${azure.url}/${azure.identity.tenantId}/oauth2/v2.0/token`, {
    grant_type: "client_credentials",
    client_id: clientId,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
    scope: "https://vault.azure.net/.default",
  });

const exchange = (token: string, changed: Readonly<Record<string, string>> = {}) =>
  post(`${gcp.url}/v1/token`, {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    audience: `//iam.googleapis.com/${provider}`,
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    subject_token: token,
    ...changed,
  });

rule("a proof that its issuer signed is taken by all three", stsReference, async () => {
  for (const ask of [assume, askEntra, exchange]) expect((await ask(proof())).status).toBe(200);
});

rule("a proof that somebody else signed in the issuer's name is taken by none", stsReference, async () => {
  const forged = proof(impostor);
  expect(await assume(forged)).toMatchObject({ status: 400, text: expect.stringContaining("InvalidIdentityToken") });
  expect(await askEntra(forged)).toMatchObject({ status: 401, text: expect.stringContaining("AADSTS700027") });
  expect(await exchange(forged)).toMatchObject({ status: 400, text: expect.stringContaining("invalid_grant") });
});

rule("a claim that was changed after signing breaks the signature", stsReference, async () => {
  const [head, body = "", signature] = proof().split(".");
  const claims = { ...JSON.parse(Buffer.from(body, "base64url").toString()), sub: "admin" };
  const changed = [head, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
  for (const ask of [assume, askEntra, exchange]) expect((await ask(changed)).status).toBeGreaterThan(399);
});

rule("Entra takes RS256 alone, AWS also ES384", federationDocs, async () => {
  const token = proof(issuer, "ES384");
  expect((await assume(token)).status).toBe(200);
  expect(await askEntra(token)).toMatchObject({ status: 401, text: expect.stringContaining("AADSTS700027") });
});

rule(
  "keys of a role open nothing without their session token, nor after their end",
  "STS, temporary credentials",
  async () => {
    const { text } = await assume(proof());
    const of = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(text)?.[1] ?? "";
    const keys = { accessKeyId: of("AccessKeyId"), secretAccessKey: new Secret(of("SecretAccessKey")) };
    const store = (sessionToken: string) =>
      createAwsSecretStore({
        region: aws.region,
        endpoint: aws.url,
        credentials: { ...keys, sessionToken: new Secret(sessionToken) },
      });
    const good = store(of("SessionToken"));
    expect(await good.readCurrent("absent")).toBeNull();
    expect(await portErrorOf(store("another").readCurrent("absent"))).toMatchObject({
      kind: "denied",
      reason: "bad-credentials",
    });
    const before = nowMs;
    nowMs += hourMs;
    const late = await portErrorOf(good.readCurrent("absent"));
    nowMs = before;
    expect(late).toMatchObject({
      kind: "denied",
      reason: "bad-credentials",
      message: expect.stringContaining("ExpiredToken"),
    });
  },
);

rule(
  "a web identity token names role and account, and lives as long as it was asked for",
  "STS API reference, GetWebIdentityToken",
  async () => {
    const access = {
      region: aws.region,
      endpoint: aws.url,
      credentials: { accessKeyId: "AKIASANDBOX", secretAccessKey: new Secret("key") },
    };
    const token = await createWebIdentityTokens(access, audience)();
    const claims = JSON.parse(Buffer.from(token.reveal().split(".")[1] ?? "", "base64url").toString());
    expect(claims).toMatchObject({ iss: aws.identity.issuer.url, sub: aws.identity.callerArn, aud: audience });
    expect(claims.exp - claims.iat).toBe(300);
    expect((await callerIdentity(access)).subject).toContain(`::${aws.identity.account}:assumed-role/`);
    const stranger = { ...access, credentials: { ...access.credentials, secretAccessKey: new Secret("other") } };
    expect(await portErrorOf(createWebIdentityTokens(stranger, audience)())).toMatchObject({ kind: "denied" });
  },
);

rule("a federated token opens no secret, only accounts that let it in, for an hour at most", poolDocs, async () => {
  const { access_token: token } = JSON.parse((await exchange(proof())).text) as { access_token: string };
  const send = (path: string, body?: object) =>
    fetch(`${gcp.url}/v1/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  expect((await send("projects/fleet-prod-1/secrets/x")).status).toBe(403);
  const account = (email: string) => `projects/-/serviceAccounts/${email}:generateAccessToken`;
  expect((await send(account("other@fleet-prod-1.iam.gserviceaccount.com"), {})).status).toBe(403);
  expect((await send(account(serviceAccount), { lifetime: "7200s" })).status).toBe(400);
  const reply = await send(account(serviceAccount), { lifetime: "3600s" });
  const { accessToken } = (await reply.json()) as { accessToken: string };
  const opened = await fetch(`${gcp.url}/v1/projects/fleet-prod-1/secrets/x`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  expect(opened.status).toBe(404);
});

rule(
  "a signed GetCallerIdentity counts for STS's own host and for this provider alone",
  "IAM, workload identity federation with AWS",
  async () => {
    gcp.identity.providers.set(provider, { kind: "aws", accountId: aws.identity.account });
    const ask = (url: string, target: string) => {
      const headers = [
        { key: "authorization", value: "AWS4-HMAC-SHA256 Credential=x" },
        { key: "x-goog-cloud-target-resource", value: target },
      ];
      const token = encodeURIComponent(JSON.stringify({ url, method: "POST", headers }));
      return exchange(token, { subject_token_type: "urn:ietf:params:aws:token-type:aws4_request" });
    };
    const good = "https://sts.eu-central-1.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";
    const target = `//iam.googleapis.com/${provider}`;
    expect((await ask("https://sts.evil.example?Action=GetCallerIdentity", target)).text).toContain(
      "Invalid AWS request URL",
    );
    expect((await ask(good, "//iam.googleapis.com/other")).text).toContain("x-goog-cloud-target-resource");
    expect((await ask(good, target)).text).toContain("invalid_grant");
  },
);
