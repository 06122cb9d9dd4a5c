import { createAzureCredential } from "../../../core/drivers/http/azure-credential.ts";
import { createGcpAccessToken } from "../../../core/drivers/http/gcp-credential.ts";
import { Secret } from "../../../core/secret.ts";
import { identityHeader, startWorld } from "../../contract/azure-fixtures.ts";
import { startGcpHarness } from "../../contract/gcp-fixtures.ts";
import { secret } from "./shapes.ts";
import { operation, type World } from "./world.ts";

/** Environment for one world; what was there comes back with the function returned. */
function withEnvironment(changes: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(changes).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, changes);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

/** Google's metadata server, behind the official library. */
export async function openGcpIdentity(): Promise<World> {
  const { gcp, faults, close, token } = await startGcpHarness();
  const restore = withEnvironment({
    GCE_METADATA_HOST: gcp.metadataHost,
    // No login of whoever runs this.
    HOME: "/nonexistent",
    CLOUDSDK_CONFIG: "/nonexistent",
    GOOGLE_APPLICATION_CREDENTIALS: "",
  });
  return {
    part: "gcp",
    faults,
    url: gcp.url,
    place: /^gcp-credential: /,
    followsRedirects: true,
    operations: [
      operation({ name: "access token", call: () => createGcpAccessToken({ kind: "default" })(), shape: secret }),
    ],
    canaries: () => [{ name: "access token", secret: new Secret(token) }],
    async close() {
      restore();
      await close();
    },
  };
}

/** Azure's identity endpoint, behind MSAL. */
export async function openAzureIdentity(): Promise<World> {
  const { azure, faults, close } = await startWorld();
  const restore = withEnvironment({ IDENTITY_ENDPOINT: azure.identityUrl, IDENTITY_HEADER: identityHeader });
  const scope = "https://vault.azure.net/.default";
  return {
    part: "azure",
    faults,
    url: azure.vaultUrl,
    place: /^azure-identity: /,
    operations: [
      operation({
        name: "managed identity",
        // MSAL keeps tokens by client id: a new one asks again.
        async call() {
          const token = await createAzureCredential({ kind: "managed", clientId: crypto.randomUUID() }).getToken(scope);
          return new Secret(token?.token as string);
        },
        shape: secret,
      }),
    ],
    canaries: () => [{ name: "identity header", secret: new Secret(identityHeader) }],
    async close() {
      restore();
      await close();
    },
  };
}
