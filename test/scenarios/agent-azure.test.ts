import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { createAuthority } from "../../functions/sandbox/certificates.ts";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import { builtCli } from "../bundle/built.ts";
import { type CliFleet, startCloudFleet } from "./cli-fleet.ts";

const tenant = "99999999-8888-7777-6666-555555555555";
const clientId = "11111111-2222-3333-4444-555555555555";

/** Entra's token endpoint as AKS pods use it: the ServiceAccount's token is the client's assertion. */
async function startEntra(fleet: CliFleet, tokenFile: string) {
  const authority = await createAuthority("who signs for entra");
  const asked: string[] = [];
  const server = createServer(await authority.leaf("entra"), (request, response) => {
    const { port } = server.address() as AddressInfo;
    const base = `https://127.0.0.1:${port}/${tenant}`;
    const answer = (status: number, body: object) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (request.url?.startsWith(`/${tenant}/v2.0/.well-known/openid-configuration`)) {
      const endpoints = { authorization_endpoint: `${base}/authorize`, token_endpoint: `${base}/oauth2/v2.0/token` };
      return answer(200, { ...endpoints, issuer: `${base}/v2.0`, jwks_uri: `${base}/keys` });
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
      const right =
        form.get("client_id") === clientId && form.get("client_assertion") === readFileSync(tokenFile, "utf8");
      if (!right) return answer(401, { error: "invalid_client", error_description: "AADSTS700213" });
      const audience = (form.get("scope") ?? "").split(" ").find((scope) => scope.endsWith("/.default")) ?? "";
      asked.push(audience);
      const resource = audience.replace(/\/\.default$/, "");
      const token = fleet.sandbox.azure.issueToken(resource, 3_600_000);
      return answer(200, { token_type: "Bearer", expires_in: 3_600, access_token: token });
    });
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { host, caPem: authority.caPem, asked, close: () => server.close() };
}

test("an agent in AKS reads its vault and writes its ledger by workload identity, whatever the file says for others", async () => {
  const fleet = await startCloudFleet({ clusters: 2, namespacesPerCluster: 1, entry: await builtCli() });
  onTestFinished(() => fleet.close());
  const { caPem, clusters } = fleet.sandbox.describe();
  const folder = join(fleet.folder, "account");
  mkdirSync(folder);
  writeFileSync(join(folder, "ca.crt"), caPem);
  writeFileSync(join(folder, "token"), clusters[1]?.runnerToken.reveal() ?? "");
  fleet.edit((text) => {
    const file = parse(text);
    const { "platform-pull": credential } = file.credentials;
    const reach = { site: "edge", inCluster: true, serviceAccountFolder: "account" };
    return stringify({
      ...file,
      sites: { aws: file.sites.aws, azure: file.sites.azure, edge: { kind: "agent", of: "azure" } },
      clusters: { "prod-1": file.clusters["prod-1"], "prod-2": reach },
      credentials: { "platform-pull": { ...credential, sites: ["azure", "edge"] } },
    });
  });
  expect(await fleet.capstan.run(["rotate"])).toMatchObject({ code: 3 });
  expect(await fleet.capstan.run(["tick"])).toMatchObject({ code: 3 });

  const tokenFile = join(fleet.folder, "azure-identity-token");
  writeFileSync(tokenFile, "projected-token");
  const entra = await startEntra(fleet, tokenFile);
  onTestFinished(() => void entra.close());
  writeFileSync(join(fleet.folder, "entra.pem"), entra.caPem);
  const edge = fleet.sandbox.clusters.find(({ name }) => name === "prod-2");
  const ran = await fleet.capstan.run(["agent", "--site", "edge", "--once"], {
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: String(edge?.port),
    // What the webhook of AKS puts into a pod; the authority stands for the public one.
    AZURE_CLIENT_ID: clientId,
    AZURE_TENANT_ID: tenant,
    AZURE_FEDERATED_TOKEN_FILE: tokenFile,
    AZURE_AUTHORITY_HOST: entra.host,
    NODE_EXTRA_CA_CERTS: join(fleet.folder, "entra.pem"),
    IDENTITY_ENDPOINT: "",
    IDENTITY_HEADER: "",
    CAPSTAN_LOG_LEVEL: "debug",
  });
  expect(ran.code, `${ran.out}${ran.err}`).toBe(0);
  expect(new Set(entra.asked)).toEqual(
    new Set(["https://vault.azure.net/.default", "https://storage.azure.com/.default"]),
  );
  expect(edge?.secret("team-1", pullSecretName)?.data[".dockerconfigjson"]).toContain('"auth"');
  fleet.capstan.expectSilent([...fleet.secrets(), "projected-token"]);
});
