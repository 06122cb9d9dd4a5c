interface Deviation {
  readonly store: "moto: Secrets Manager" | "moto: rules" | "moto: DynamoDB" | "moto: S3" | "azurite: Blob";
  /** Title in the contract. */
  readonly case: string;
  readonly reason: string;
  /** Where the real service's rule is written. */
  readonly citation: string;
}

/** Where a stand-in is known to differ from the service. A case of this list that passes fails the run. */
const deviations: readonly Deviation[] = [
  {
    store: "moto: rules",
    case: "a used token with another value is refused on AWSPENDING [API reference, PutSecretValue]",
    reason: "the value is written over",
    citation: "PutSecretValue, ClientRequestToken: a version with this token and another value is an error",
  },
  {
    store: "moto: rules",
    case: "a label that is elsewhere moves only from its holder [API reference, UpdateSecretVersionStage]",
    reason: "without RemoveFromVersionId the label then sits on two versions",
    citation: "UpdateSecretVersionStage, RemoveFromVersionId: the operation fails",
  },
  {
    store: "moto: rules",
    case: "AWSCURRENT cannot be taken away [API reference, UpdateSecretVersionStage]",
    reason: "it is, and the secret has no current version",
    citation: "UpdateSecretVersionStage: AWSCURRENT is moved, each secret has one",
  },
  {
    store: "moto: rules",
    case: "versions without a label are listed on request alone [API reference, ListSecretVersionIds]",
    reason: "all versions are listed, always",
    citation: "ListSecretVersionIds, IncludeDeprecated: by default they are not included",
  },
  {
    store: "moto: rules",
    case: "a description has labelled versions alone [API reference, DescribeSecret]",
    reason: "versions without a label appear with an empty list",
    citation: "DescribeSecret, VersionIdsToStages: versions without staging labels are deprecated and not included",
  },
  {
    store: "moto: rules",
    case: "a value of 65,537 bytes is refused [user guide, quotas]",
    reason: "no limit is known",
    citation: "quotas, length of a secret: 65,536 bytes",
  },
  {
    store: "moto: rules",
    case: "no rotation without a function [API reference, RotateSecret]",
    reason: "an empty version becomes current beside the old one",
    citation: "RotateSecret, RotationLambdaARN: needed where rotation is not configured yet",
  },
  {
    store: "moto: rules",
    case: "AWSPENDING on a version that is not current is a lock [API reference, RotateSecret]",
    reason: "the function is asked for and nothing else: AWSPENDING is never looked at",
    citation: "RotateSecret: an earlier rotation is assumed to be in progress, an error is returned",
  },
  {
    store: "moto: rules",
    case: "a schedule has at least four hours [API reference, RotationRulesType]",
    reason: "the expression is not read",
    citation: "RotationRulesType, ScheduleExpression: as often as every four hours",
  },
];

/** For `ContractOptions.fails`. */
export function deviationsOf(store: Deviation["store"]): Readonly<Record<string, string>> {
  const own = deviations.filter((one) => one.store === store);
  return Object.fromEntries(own.map((one) => [one.case, `${one.reason} (${one.citation})`]));
}
