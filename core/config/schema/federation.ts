import * as z from "zod";
import { endpoint } from "./endpoint.ts";
import { filePath, text } from "./text.ts";

const guid = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";
/** Entra's own name for the audience of federated credentials. */
const entraAudienceDefault = "api://AzureADTokenExchange";
/** Any text will do, as long as the role's trust policy has the same; this is the one that AWS's examples use. */
const awsAudienceDefault = "sts.amazonaws.com";

const audience = (description: string) =>
  text({
    description,
    pattern: "^[A-Za-z0-9][A-Za-z0-9:/._-]*$",
    mend: "write an audience without blanks, such as api://capstan",
    lengthMax: 255,
  });

/** A managed identity has tokens for applications of its tenant alone, so an audience must be named. */
const applicationUri = text({
  description: "Application ID URI (api://…) in the tenant of home's managed identity: the audience of its token",
  pattern: "^api://[A-Za-z0-9][A-Za-z0-9:/._-]*$",
  mend: "write the Application ID URI of an app registration in that tenant: api://…",
  lengthMax: 255,
});

const roleArn = text({
  description: "ARN of the role that home's runner takes here",
  pattern: "^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}$",
  mend: "write the role's ARN: arn:aws:iam::<account>:role/<name>",
  lengthMax: 600,
});

export const awsFederation = z
  .strictObject({
    azure: z
      .strictObject({ roleArn, audience: applicationUri })
      .optional()
      .meta({ description: "From Azure: token of the managed identity, AssumeRoleWithWebIdentity" }),
    gcp: z
      .strictObject({
        roleArn,
        audience: audience("Audience of the identity token that is shown").prefault(awsAudienceDefault),
      })
      .optional()
      .meta({ description: "From Google Cloud: identity token of the service account, AssumeRoleWithWebIdentity" }),
  })
  .optional()
  .meta({ description: "How runners in other clouds log in here, without stored keys" });

const application = z.strictObject({
  tenantId: text({ description: "Id of the Entra tenant", pattern: guid, mend: "write the tenant's id (a GUID)" }),
  clientId: text({
    description: "Client id of the app registration or user-assigned identity with the federated credential",
    pattern: guid,
    mend: "write the client id (a GUID)",
  }),
  audience: audience("Audience of the token that is shown").prefault(entraAudienceDefault),
  authorityHost: endpoint("Entra of another cloud; https://login.microsoftonline.com without it").optional(),
  caFile: filePath("PEM file with the authorities to trust for the authority host").optional(),
});

export const azureFederation = z
  .strictObject({
    aws: application.optional().meta({ description: "From AWS: web identity token of STS as client assertion" }),
    gcp: application.optional().meta({ description: "From Google Cloud: identity token as client assertion" }),
  })
  .optional()
  .meta({ description: "How runners in other clouds log in here, without stored keys" });

const pool = {
  provider: text({
    description: "Full name of the workload identity pool's provider, with the project's number",
    pattern: "^projects/[0-9]{1,20}/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}$",
    mend: "write projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>",
    lengthMax: 200,
  }),
  serviceAccount: text({
    description: "Address of the service account that is impersonated",
    pattern: "^[a-z0-9-]{1,63}@[a-z0-9.-]{1,190}$",
    mend: "write the account's address: name@project.iam.gserviceaccount.com",
    lengthMax: 254,
  }),
  stsEndpoint: endpoint("Address of the Security Token Service, where it is not the public one").optional(),
  iamEndpoint: endpoint("Address of IAM Credentials, where it is not the public one").optional(),
};

export const gcpFederation = z
  .strictObject({
    aws: z.strictObject(pool).optional().meta({ description: "From AWS: a signed GetCallerIdentity" }),
    azure: z
      .strictObject({ ...pool, audience: applicationUri })
      .optional()
      .meta({ description: "From Azure: token of the managed identity" }),
  })
  .optional()
  .meta({ description: "How runners in other clouds log in here, without stored keys" });
