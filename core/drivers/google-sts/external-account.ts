import { PortError } from "../../ports/errors.ts";
import { type Presented, TrustRefused } from "../../ports/trust.ts";
import { Secret } from "../../secret.ts";
import type { AwsKeySource } from "../http/aws-client.ts";
import { isBearer } from "../http/bearer.ts";
import { withinTokenTimeout } from "../http/google-token-error.ts";
import { nobody, presentedBy } from "../http/presented.ts";
import { exchangeError, operation, system } from "./failures.ts";

const scope = "https://www.googleapis.com/auth/cloud-platform";
const stsEndpointDefault = "https://sts.googleapis.com";
const iamEndpointDefault = "https://iamcredentials.googleapis.com";

/**
 * What is shown to Google: a token of an OIDC issuer, or a GetCallerIdentity that is signed with AWS keys and
 * that Google sends on. `caller`: who that will be, for messages.
 */
export type Subject =
  | { readonly kind: "token"; readonly token: () => Promise<Secret> }
  | {
      readonly kind: "aws";
      readonly region: string;
      readonly keys: AwsKeySource;
      readonly caller: () => Promise<Presented>;
    };

export interface ExternalAccountOptions {
  /** `projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>` */
  readonly provider: string;
  /** Address of the service account that is impersonated. */
  readonly serviceAccount: string;
  readonly stsEndpoint?: string | undefined;
  readonly iamEndpoint?: string | undefined;
  readonly subject: Subject;
}

/**
 * Access tokens of a service account by workload identity federation; the library keeps one until shortly before
 * its end. It is loaded at the first call. Throws `TrustRefused` and `PortError`.
 */
export function createExternalAccount(options: ExternalAccountOptions): () => Promise<Secret> {
  let shown: Presented = nobody;
  let loading: Promise<{ getAccessToken(): Promise<{ token?: string | null | undefined }> }> | undefined;
  return async () => {
    try {
      loading ??= load(options, (presented) => {
        shown = presented;
      });
      const { token } = await withinTokenTimeout((await loading).getAccessToken());
      if (isBearer(token)) return new Secret(token);
    } catch (error) {
      throw await explained(error, options, shown);
    }
    const message = `${system}: an access token that is none`;
    throw new PortError("invalid", message, { system, operation, reason: "bad-reply" });
  };
}

async function load(options: ExternalAccountOptions, show: (presented: Presented) => void) {
  const { AwsClient, IdentityPoolClient } = await import("../http/google-auth.ts");
  const { provider, serviceAccount, subject } = options;
  const common = {
    type: "external_account",
    audience: `//iam.googleapis.com/${provider}`,
    token_url: `${options.stsEndpoint ?? stsEndpointDefault}/v1/token`,
    service_account_impersonation_url: `${options.iamEndpoint ?? iamEndpointDefault}/v1/projects/-/serviceAccounts/${serviceAccount}:generateAccessToken`,
    scopes: [scope],
  };
  if (subject.kind === "token") {
    return new IdentityPoolClient({
      ...common,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      subject_token_supplier: {
        async getSubjectToken() {
          const token = await subject.token();
          show(presentedBy(token));
          return token.reveal();
        },
      },
    });
  }
  return new AwsClient({
    ...common,
    subject_token_type: "urn:ietf:params:aws:token-type:aws4_request",
    aws_security_credentials_supplier: {
      getAwsRegion: async () => subject.region,
      async getAwsSecurityCredentials() {
        const { accessKeyId, secretAccessKey, sessionToken } = await subject.keys();
        return {
          accessKeyId,
          secretAccessKey: secretAccessKey.reveal(),
          ...(sessionToken === undefined ? {} : { token: sessionToken.reveal() }),
        };
      },
    },
  });
}

/** Who an AWS caller is, is asked when it matters: the signed request does not say it. */
async function explained(error: unknown, { serviceAccount, subject }: ExternalAccountOptions, shown: Presented) {
  const failed = exchangeError(error, serviceAccount, shown);
  if (!(failed instanceof TrustRefused) || subject.kind !== "aws") return failed;
  return exchangeError(error, serviceAccount, await subject.caller().catch(() => nobody));
}
