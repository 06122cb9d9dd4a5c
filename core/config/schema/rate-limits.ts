import * as z from "zod";

const rate = (description: string, documented: number) =>
  z.int().min(1).max(1_000_000).meta({ description }).default(documented);

/** The defaults are the quotas that the services document; where others share an account, less is left. */
export const awsRateLimits = z
  .strictObject({
    writesPerSecondMax: rate("PutSecretValue, UpdateSecretVersionStage and CreateSecret, of the account", 50),
    readsPerSecondMax: rate("DescribeSecret and GetSecretValue, of the account", 10_000),
  })
  .prefault({})
  .meta({ description: "Requests that are sent to Secrets Manager at most" });

export const azureRateLimits = z
  .strictObject({
    requestsPer10sMax: rate("All requests, of the vault", 4_000),
    setsPer10sMax: rate("New versions of secrets, of the vault", 300),
  })
  .prefault({})
  .meta({ description: "Requests that are sent to Key Vault at most" });

export const gcpRateLimits = z
  .strictObject({
    secretWritesPerSecondMax: rate("AddSecretVersion and UpdateSecret, of one secret", 2),
    versionChangesPerSecondMax: rate("Changes of one version's state", 1),
    writesPerMinuteMax: rate("All writes, of the project", 600),
    readsPerMinuteMax: rate("All reads but those of values, of the project", 600),
    accessesPerMinuteMax: rate("Reads of values, of the project", 90_000),
  })
  .prefault({})
  .meta({ description: "Requests that are sent to Secret Manager at most" });
