import * as z from "zod";
import { endpoint } from "./endpoint.ts";
import { awsFederation, azureFederation, gcpFederation } from "./federation.ts";
import { awsRateLimits, azureRateLimits, gcpRateLimits } from "./rate-limits.ts";
import { secretReference } from "./reference.ts";
import { entryName, filePath, text } from "./text.ts";

const caFile = filePath("PEM file with the authorities to trust").optional();

const awsName = (what: string, lengthMax: number) =>
  text({
    description: what,
    pattern: "^[A-Za-z0-9_.-]{3,}$",
    mend: "use letters, digits, underscore, dot and dash, at least 3",
    lengthMax,
  });

const bucketName = (what: string) =>
  text({
    description: what,
    pattern: "^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$",
    mend: "write the name of an existing bucket: 3 to 63 lower case letters, digits, dots and dashes",
    lengthMax: 63,
  });

const aws = z
  .strictObject({
    kind: z.literal("aws"),
    region: text({
      description: "AWS region, such as eu-central-1",
      pattern: "^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$",
      mend: "write a region such as eu-central-1",
      lengthMax: 40,
    }),
    credentials: z
      .strictObject({
        accessKeyId: secretReference("the access key id"),
        secretAccessKey: secretReference("the secret access key"),
        sessionToken: secretReference("the session token").optional(),
      })
      .optional()
      .meta({ description: "Without it the SDK's own chain is asked (role of the function, environment, profile)" }),
    federation: awsFederation,
    sts: z
      .strictObject({
        endpoint: endpoint("Address of STS, where it is not the region's own").optional(),
        caFile,
      })
      .prefault({})
      .meta({ description: "STS of this region: gives and takes web identities" }),
    secretsManager: z
      .strictObject({
        endpoint: endpoint("Address of Secrets Manager, where it is not the region's own").optional(),
        caFile,
        kmsKeyId: text({
          description: "KMS key of secrets made from now on: id, ARN or alias/name",
          pattern: "^[A-Za-z0-9:/_-]+$",
          mend: "write the key's id, its ARN or alias/name",
          lengthMax: 2_048,
        }).optional(),
        rateLimits: awsRateLimits,
      })
      .prefault({}),
    ledger: z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("dynamodb"),
        table: awsName("DynamoDB table that holds the ledgers", 255),
        endpoint: endpoint("Address of DynamoDB, where it is not the region's own").optional(),
        caFile,
      }),
      z.strictObject({
        kind: z.literal("s3"),
        bucket: bucketName("S3 bucket that holds the ledgers"),
        endpoint: endpoint("Address of S3, where it is not the region's own; the bucket goes into the path").optional(),
        caFile,
      }),
    ]),
  })
  .meta({ description: "Values in AWS Secrets Manager, ledgers in DynamoDB or S3" });

const azure = z
  .strictObject({
    kind: z.literal("azure"),
    vaultUrl: endpoint("Key Vault, such as https://name.vault.azure.net"),
    caFile,
    rateLimits: azureRateLimits,
    credential: z.discriminatedUnion("kind", [
      z
        .strictObject({
          kind: z.literal("managed"),
          clientId: text({
            description: "Client id of a user-assigned identity; the system-assigned one without it",
            pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            mend: "write the identity's client id (a GUID)",
          }).optional(),
        })
        .meta({ description: "Managed identity" }),
      z
        .strictObject({
          kind: z.literal("token"),
          vaultToken: secretReference("the bearer token for Key Vault"),
          storageToken: secretReference("the bearer token for Blob Storage"),
        })
        .meta({ description: "Tokens from elsewhere, one per audience: Entra gives none that serves both" }),
    ]),
    federation: azureFederation,
    ledger: z.strictObject({
      kind: z.literal("blob"),
      accountUrl: endpoint("Storage account, such as https://name.blob.core.windows.net", { pathAllowed: true }),
      container: text({
        description: "Blob container that holds the ledgers",
        pattern: "^[a-z0-9](-?[a-z0-9])+$",
        mend: "use 3 to 63 lower case letters, digits and single dashes",
        lengthMax: 63,
      }),
      caFile,
    }),
  })
  .meta({ description: "Values in Azure Key Vault, ledgers in Blob Storage" });

const gcp = z
  .strictObject({
    kind: z.literal("gcp"),
    project: text({
      description: "Project id or number",
      pattern: "^([a-z][a-z0-9-]{4,28}[a-z0-9]|[a-z0-9.-]+:[a-z][a-z0-9-]{4,28}[a-z0-9]|[0-9]{1,20})$",
      mend: "write the project's id, not its display name",
    }),
    endpoint: endpoint("Address of Secret Manager, where it is not the public one").optional(),
    caFile,
    kmsKeyName: text({
      description: "Cloud KMS key (location global) of secrets made from now on",
      pattern: "^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$",
      mend: "write projects/<project>/locations/global/keyRings/<ring>/cryptoKeys/<key>",
      lengthMax: 500,
    }).optional(),
    rateLimits: gcpRateLimits,
    credential: z
      .discriminatedUnion("kind", [
        z
          .strictObject({ kind: z.literal("default") })
          .meta({ description: "Application default credentials (service account of the function, gcloud login)" }),
        z.strictObject({ kind: z.literal("token"), token: secretReference("the access token") }),
      ])
      .prefault({ kind: "default" }),
    federation: gcpFederation,
    ledger: z
      .discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("secret-annotation") }),
        z.strictObject({
          kind: z.literal("gcs"),
          bucket: bucketName("Cloud Storage bucket that holds the ledgers"),
          endpoint: endpoint("Address of Cloud Storage, where it is not the public one").optional(),
          caFile,
        }),
      ])
      .prefault({ kind: "secret-annotation" }),
  })
  .meta({ description: "Values in GCP Secret Manager, ledgers in a secret's annotations or Cloud Storage" });

const local = z
  .strictObject({
    kind: z.literal("local"),
    directory: filePath("Folder for age-encrypted values and ledgers"),
    identity: secretReference("the age identity"),
  })
  .meta({ description: "Values and ledgers in files on this machine" });

const kubernetes = z
  .strictObject({
    kind: z.literal("kubernetes"),
    cluster: entryName("cluster"),
    namespace: text({
      description: "Namespace of that cluster whose Secrets hold values and ledgers",
      pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
      mend: "use lower case letters, digits and dashes, at most 63",
      lengthMax: 63,
    }),
  })
  .meta({ description: "Values and ledgers in Secrets of one namespace" });

const agent = z
  .strictObject({ kind: z.literal("agent"), of: entryName("site") })
  .meta({ description: "A runner inside a cluster: reads the store of the site `of`, keeps its ledger beside its" });

export const siteSchema = z.discriminatedUnion("kind", [aws, azure, gcp, kubernetes, local, agent]);
