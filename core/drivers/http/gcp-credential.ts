import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import { isBearer } from "./bearer.ts";
import { googleTokenError, withinTokenTimeout } from "./google-token-error.ts";

const system = "gcp-credential";
const scope = "https://www.googleapis.com/auth/cloud-platform";
/** No token needs a project; without one the library starts `gcloud` and asks the metadata server for it first. */
const projectId = "none";
const noDefaults = "no usable application default credentials";

export type GcpCredential =
  /** Application default credentials: service account of the function, workload identity, gcloud login. */
  { readonly kind: "default" } | { readonly kind: "token"; readonly token: () => Promise<Secret> | Secret };

function noToken(operation: string, what: string): PortError {
  const message = `${system}: ${what} that is none`;
  return new PortError("denied", message, { system, operation, reason: "bad-credentials" });
}

/**
 * Gives an access token for Google's APIs each time it is called; the library keeps a token until shortly
 * before its end. `google-auth-library` is loaded at the first call: a site elsewhere never pays for it.
 * Throws `denied` (`bad-credentials`) and `unreachable`.
 */
export function createGcpAccessToken(credential: GcpCredential): () => Promise<Secret> {
  if (credential.kind === "token") return async () => credential.token();
  const operation = "getAccessToken";
  let auth: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | undefined;
  return async () => {
    try {
      auth ??= import("./google-auth.ts").then(({ GoogleAuth }) => new GoogleAuth({ scopes: [scope], projectId }));
      const token = await withinTokenTimeout((await auth).getAccessToken());
      if (isBearer(token)) return new Secret(token);
    } catch (error) {
      throw googleTokenError(error, system, operation, noDefaults);
    }
    throw noToken(operation, "an access token");
  };
}

/**
 * Identity tokens of the default credentials' service account, one per call: what it shows to other clouds. A
 * person's gcloud login has none for an audience. Throws `denied` (`bad-credentials`) and `unreachable`.
 */
export function createGcpIdentityTokens(audience: string): () => Promise<Secret> {
  const operation = "getIdentityToken";
  let provider: Promise<{ fetchIdToken(audience: string): Promise<string> }> | undefined;
  return async () => {
    try {
      provider ??= import("./google-auth.ts").then(async ({ GoogleAuth }) => {
        const { idTokenProvider } = await new GoogleAuth({ projectId }).getIdTokenClient(audience);
        return idTokenProvider;
      });
      const token = await withinTokenTimeout((await provider).fetchIdToken(audience));
      if (isBearer(token)) return new Secret(token);
    } catch (error) {
      provider = undefined;
      throw googleTokenError(error, system, operation, `${noDefaults} that give identity tokens`);
    }
    throw noToken(operation, "an identity token");
  };
}
