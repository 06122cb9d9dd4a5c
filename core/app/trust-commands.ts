import type { SiteConfig } from "../config/complete.ts";
import type { CloudName, Presented, TrustFault } from "../ports/trust.ts";
import { policy, roleCommands } from "./trust-commands-aws.ts";
import { entraCommands } from "./trust-commands-azure.ts";
import { poolCommands } from "./trust-commands-gcp.ts";
import { command, quoted } from "./trust-shell.ts";

/** A trust that is missing: between an identity of `from` and the account of `site`. */
export interface MissingTrust {
  readonly site: SiteConfig;
  readonly from: CloudName;
  readonly fault: TrustFault;
  readonly presented: Presented;
}

/** Commands that make the trust, with issuer, subject and audience filled in as far as they were seen. Pure text. */
export function trustCommands(missing: MissingTrust): readonly string[] {
  if (missing.fault === "expired") return [];
  if (missing.fault === "no-token") return tokenCommands(missing);
  switch (missing.site.kind) {
    case "aws":
      return roleCommands(missing.site, missing);
    case "azure":
      return entraCommands(missing.site, missing);
    case "gcp":
      return poolCommands(missing.site, missing);
    default:
      return [];
  }
}

/** What the cloud that is left must be told before it gives out the token. */
function tokenCommands({ from, presented }: MissingTrust): readonly string[] {
  const audience = quoted(presented.audience ?? "<audience>");
  if (from === "aws") {
    const document = policy({ Effect: "Allow", Action: "sts:GetWebIdentityToken", Resource: "*" });
    const role = "aws iam put-role-policy --role-name '<role of home>' --policy-name capstan-web-identity";
    return ["aws iam enable-outbound-web-identity-federation", command(role, "--policy-document", document)];
  }
  if (from === "azure") {
    return [
      `az ad app create --display-name capstan --identifier-uris ${audience}`,
      `az ad sp create --id ${audience}`,
    ];
  }
  return [];
}
