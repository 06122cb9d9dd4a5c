import { PortError } from "../../ports/errors.ts";
import { TrustRefused } from "../../ports/trust.ts";
import { Secret } from "../../secret.ts";
import { type AzureCredential, createAzureCredential } from "./azure-credential.ts";
import { nobody } from "./presented.ts";

const system = "azure-identity";
const operation = "token";

/**
 * Tokens of a managed identity for an application of its tenant (Application ID URI), to be shown to other clouds.
 * Azure keeps one for up to a day. Throws `TrustRefused` (`no-token`: the tenant has no such application, as
 * far as the endpoint's 400 tells) and `PortError`.
 */
export function createAzureIdentityTokens(
  credential: Extract<AzureCredential, { kind: "managed" }>,
  audience: string,
): () => Promise<Secret> {
  const identity = createAzureCredential(credential);
  return async () => {
    try {
      const found = await identity.getToken(`${audience}/.default`);
      if (found !== null) return new Secret(found.token);
    } catch (error) {
      if (!(error instanceof PortError) || error.status !== 400) throw error;
      const why = `the managed identity gets no token for ${audience}: its tenant has no such application`;
      throw new TrustRefused(
        "no-token",
        `${system}: ${operation}: ${why}`,
        { system, operation },
        { ...nobody, audience },
      );
    }
    throw new PortError("invalid", `${system}: ${operation}: none`, { system, operation, reason: "bad-reply" });
  };
}
