import type { SiteConfig } from "../config/complete.ts";
import type { MissingTrust } from "./trust-commands.ts";
import { command } from "./trust-shell.ts";

type AwsSite = Extract<SiteConfig, { kind: "aws" }>;

/** A policy document of one statement. */
export function policy(statement: object): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/**
 * Provider and trust policy of the role. Google needs no provider; of its tokens `aud` is the account's number
 * and `oaud` the audience (IAM reference, "Available keys for AWS OIDC federation").
 */
export function roleCommands(site: AwsSite, { from, fault, presented }: MissingTrust): readonly string[] {
  const settings = from === "azure" ? site.federation?.azure : site.federation?.gcp;
  if (settings === undefined) return [];
  const [, partition = "aws", , , account = "", path = ""] = settings.roleArn.split(":");
  const role = path.split("/").at(-1) ?? "";
  const audience = presented.audience ?? settings.audience;
  const subject = presented.subject ?? "<subject>";
  const issuer = presented.issuer ?? (from === "gcp" ? "https://accounts.google.com" : "<issuer>");
  const host = issuer.replace(/^https:\/\//, "");
  const provider = `arn:${partition}:iam::${account}:oidc-provider/${host}`;
  const equals =
    from === "gcp"
      ? { [`${host}:aud`]: subject, [`${host}:oaud`]: audience, [`${host}:sub`]: subject }
      : { [`${host}:aud`]: audience, [`${host}:sub`]: subject };
  const trust = policy({
    Effect: "Allow",
    Principal: { Federated: from === "gcp" ? host : provider },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: { StringEquals: equals },
  });
  const before: string[] = [];
  if (fault === "no-federation") {
    before.push(command("aws iam create-open-id-connect-provider --url", issuer, "--client-id-list", audience));
  }
  if (fault === "audience") {
    const add = "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn";
    before.push(command(add, provider, "--client-id", audience));
  }
  return [...before, command("aws iam update-assume-role-policy --role-name", role, "--policy-document", trust)];
}
