import { readFileSync } from "node:fs";
import { Agent, request } from "undici";
import { describe, test } from "vitest";
import { createBlobLedger } from "../../../core/drivers/azure-blob/ledger-store.ts";
import { Secret } from "../../../core/secret.ts";
import { ledgerStoreContract } from "../../contract/ledger-store-suite.ts";
import { deviationsOf } from "./deviations.ts";

const url = process.env["CAPSTAN_AZURITE_URL"];
const caFile = process.env["CAPSTAN_AZURITE_CA"] ?? "";
const container = "ledgers";
const tenant = "6f1c2b7a-4d3e-4f10-8a5b-1c2d3e4f5a6b";

/** azurite looks at a token's claims and not at its signature (`--oauth basic`). */
function token(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { aud: "https://storage.azure.com", iss: `https://sts.windows.net/${tenant}/`, nbf: now - 60 };
  return `${part({ alg: "RS256", typ: "JWT" })}.${part({ ...claims, iat: now - 60, exp: now + 3600 })}.c2lnbmVk`;
}

async function createContainer(accountUrl: string): Promise<void> {
  const reply = await request(`${accountUrl}/${container}?restype=container`, {
    method: "PUT",
    dispatcher: new Agent({ connect: { ca: readFileSync(caFile, "utf8") } }),
    headers: {
      authorization: `Bearer ${token()}`,
      "x-ms-version": "2025-11-05",
      "x-ms-date": new Date().toUTCString(),
    },
  });
  await reply.body.dump();
  if (reply.statusCode !== 201) throw new Error(`azurite made no container: status ${reply.statusCode}`);
}

if (url === undefined) describe.skip("azurite is not installed here", () => test("nothing", () => {}));
else {
  ledgerStoreContract(
    "azurite: Blob",
    async () => {
      const accountUrl = `${url}/devstoreaccount1`;
      await createContainer(accountUrl);
      const credential = { kind: "token", token: () => new Secret(token()) } as const;
      return { store: createBlobLedger({ accountUrl, container, caFile, credential }), close: async () => {} };
    },
    { fails: deviationsOf("azurite: Blob") },
  );
}
