import type { SiteConfig } from "../config/complete.ts";
import type { MissingTrust } from "./trust-commands.ts";
import { command } from "./trust-shell.ts";

type GcpSite = Extract<SiteConfig, { kind: "gcp" }>;

/** Pool, provider and the service account's Workload Identity User, as far as the fault says that they are missing. */
export function poolCommands(site: GcpSite, { from, fault, presented }: MissingTrust): readonly string[] {
  const settings = from === "aws" ? site.federation?.aws : site.federation?.azure;
  if (settings === undefined) return [];
  const [, project = "", , , , pool = "", , provider = ""] = settings.provider.split("/");
  const place = [`--project=${project}`, "--location=global"];
  const pools = "gcloud iam workload-identity-pools";
  const change = (verb: string, ...flags: readonly string[]) =>
    command(`${pools} providers ${verb} ${provider}`, ...place, `--workload-identity-pool=${pool}`, ...flags);

  const subject = presented.subject ?? "<subject>";
  const role = roleOf(subject);
  const audience = presented.audience ?? ("audience" in settings ? settings.audience : "");
  const known =
    from === "aws"
      ? [`--account-id=${accountOf(subject)}`]
      : [`--issuer-uri=${presented.issuer ?? "<issuer>"}`, `--allowed-audiences=${audience}`];
  const kind = from === "aws" ? "aws" : "oidc";
  const mapping = from === "aws" ? [] : ["--attribute-mapping=google.subject=assertion.sub"];
  const principals = `iam.googleapis.com/projects/${project}/locations/global/workloadIdentityPools/${pool}`;
  const member =
    from === "aws" && role !== null
      ? `principalSet://${principals}/attribute.aws_role/${role}`
      : `principal://${principals}/subject/${subject}`;
  const bind = command(
    "gcloud iam service-accounts add-iam-policy-binding",
    settings.serviceAccount,
    "--role=roles/iam.workloadIdentityUser",
    `--member=${member}`,
  );

  switch (fault) {
    case "no-federation":
      return [command(`${pools} create ${pool}`, ...place), change(`create-${kind}`, ...known, ...mapping), bind];
    case "issuer":
    case "audience":
      return [change(`update-${kind}`, ...known)];
    case "subject":
      return [change(`update-${kind}`, `--attribute-condition=${conditionFor(from, subject, role)}`)];
    default:
      return [bind];
  }
}

/** `arn:aws:sts::<account>:assumed-role/<role>`: Google's `attribute.aws_role`; null: no assumed role. */
function roleOf(arn: string): string | null {
  return /^(arn:[^/]+:assumed-role\/[^/]+)\//.exec(arn)?.[1] ?? null;
}

function accountOf(arn: string): string {
  return arn.split(":")[4] ?? "<account>";
}

/** In the provider's own language, CEL. */
function conditionFor(from: string, subject: string, role: string | null): string {
  if (from === "aws") return role === null ? `assertion.arn=='${subject}'` : `assertion.arn.startsWith('${role}/')`;
  return `assertion.sub=='${subject}'`;
}
