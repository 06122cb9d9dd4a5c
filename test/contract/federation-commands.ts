import { application, clientId, type FederationWorld, pool } from "./federation-world.ts";

/** A line as a POSIX shell splits it: words in single quotes as `plan` writes them, and a comment at its end. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let at = 0;
  while (at < line.length) {
    const char = line[at] ?? "";
    if (char === "#" && word === null) break;
    if (char === "'") {
      const end = line.indexOf("'", at + 1);
      word = (word ?? "") + line.slice(at + 1, end);
      at = end + 1;
    } else if (char === "\\") {
      word = (word ?? "") + (line[at + 1] ?? "");
      at += 2;
    } else if (char === " ") {
      if (word !== null) words.push(word);
      word = null;
      at += 1;
    } else {
      word = (word ?? "") + char;
      at += 1;
    }
  }
  return word === null ? words : [...words, word];
}

/** `--flag value` and `--flag=value`. */
function flagsOf(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.flatMap((word, at) => {
      if (!word.startsWith("--")) return [];
      const equals = word.indexOf("=");
      return [equals < 0 ? [word, words[at + 1] ?? ""] : [word.slice(0, equals), word.slice(equals + 1)]];
    }),
  );
}

/** Does to the sandbox what a command of `plan` does to the cloud. Throws for one that it does not know. */
export function runCommand({ aws, azure, machine, gcp }: FederationWorld, line: string): void {
  const words = wordsOf(line);
  const flags = flagsOf(words);
  const flag = (name: string): string => {
    const value = flags[name];
    if (value === undefined || value.includes("<")) throw new Error(`${name} is not filled in: ${line}`);
    return value;
  };
  const verb = words.slice(0, 3).join(" ");
  if (verb === "aws iam enable-outbound-web-identity-federation") aws.identity.isOutboundEnabled = true;
  else if (verb === "aws iam put-role-policy") JSON.parse(flag("--policy-document"));
  else if (verb === "aws iam create-open-id-connect-provider") {
    aws.identity.providers.set(flag("--url"), [flag("--client-id-list")]);
  } else if (verb === "aws iam add-client-id-to-open-id-connect-provider") {
    const issuer = `https://${flag("--open-id-connect-provider-arn").split("oidc-provider/")[1]}`;
    const known = aws.identity.providers.get(issuer);
    if (known === undefined) throw new Error(`no provider ${issuer}`);
    aws.identity.providers.set(issuer, [...known, flag("--client-id")]);
  } else if (verb === "aws iam update-assume-role-policy") {
    const { Statement } = JSON.parse(flag("--policy-document")) as {
      Statement: { Principal: { Federated: string }; Condition: { StringEquals: Record<string, string> } }[];
    };
    const statements = Statement.map(({ Principal, Condition }) => ({
      federated: Principal.Federated,
      equals: Condition.StringEquals,
    }));
    aws.identity.roles.set(`arn:aws:iam::${aws.identity.account}:role/${flag("--role-name")}`, statements);
  } else if (verb === "az ad app" && words[3] === "federated-credential") {
    const { issuer, subject, audiences } = JSON.parse(flag("--parameters")) as Record<string, string> & {
      audiences: string[];
    };
    const known = azure.identity.federated.get(flag("--id")) ?? [];
    const made = { issuer: issuer ?? "", subject: subject ?? "", audience: audiences[0] ?? "" };
    azure.identity.federated.set(flag("--id"), [...known, made]);
  } else if (verb === "az identity federated-credential") {
    // The same for another kind of owner; one of the two is enough.
  } else if (verb === "az ad app" || verb === "az ad sp") {
    if (words[3] === "create") machine.identity.applications.add(flags["--identifier-uris"] ?? flag("--id"));
  } else if (verb === "gcloud iam workload-identity-pools") runPoolCommand(gcp, words, flag);
  else if (verb === "gcloud iam service-accounts") {
    const account = words[4] ?? "";
    gcp.identity.users.set(account, [...(gcp.identity.users.get(account) ?? []), flag("--member")]);
  } else throw new Error(`not a command that is known here: ${line}`);
}

function runPoolCommand(gcp: FederationWorld["gcp"], words: readonly string[], flag: (name: string) => string): void {
  if (words[3] === "create") return;
  const [, , , , verb = "", name = ""] = words;
  const provider = `projects/${flag("--project")}/locations/${flag("--location")}/workloadIdentityPools/${flag("--workload-identity-pool")}/providers/${name}`;
  const before = gcp.identity.providers.get(provider);
  if (verb.startsWith("update-") && before === undefined) throw new Error(`no provider ${provider}`);
  const condition = words.find((word) => word.startsWith("--attribute-condition="));
  if (condition !== undefined && before !== undefined) {
    const [, start] = /startsWith\('([^']+)'\)$/.exec(condition) ?? [];
    const [, exact] = /=='([^']+)'$/.exec(condition) ?? [];
    const passes = (subject: string) => (start === undefined ? subject === exact : subject.startsWith(start));
    gcp.identity.providers.set(provider, { ...before, condition: passes });
  } else if (verb.endsWith("-aws"))
    gcp.identity.providers.set(provider, { kind: "aws", accountId: flag("--account-id") });
  else {
    const allowedAudiences = [flag("--allowed-audiences")];
    gcp.identity.providers.set(provider, { kind: "oidc", issuerUri: flag("--issuer-uri"), allowedAudiences });
  }
}

/** Every trust that the six directions need, made by hand. */
export function trustAll({ aws, azure, machine, gcp }: FederationWorld): void {
  const role = `arn:aws:iam::${aws.identity.account}:role/capstan-guest`;
  const tenant = machine.identity.issuer.url;
  const host = tenant.replace("https://", "");
  const { uniqueId } = gcp.identity;
  aws.identity.isOutboundEnabled = true;
  aws.identity.providers.set(tenant, [application]);
  aws.identity.roles.set(role, [
    {
      federated: aws.identity.providerArn(tenant),
      equals: { [`${host}:aud`]: application, [`${host}:sub`]: machine.identity.principalId },
    },
    {
      federated: "accounts.google.com",
      equals: { "accounts.google.com:oaud": "sts.amazonaws.com", "accounts.google.com:sub": uniqueId },
    },
  ]);
  machine.identity.applications.add(application);
  const audience = "api://AzureADTokenExchange";
  azure.identity.federated.set(clientId, [
    { issuer: aws.identity.issuer.url, subject: aws.identity.callerArn, audience },
    { issuer: "https://accounts.google.com", subject: uniqueId, audience },
  ]);
  gcp.identity.providers.set(`${pool}/providers/aws-home`, { kind: "aws", accountId: aws.identity.account });
  gcp.identity.providers.set(`${pool}/providers/azure-home`, {
    kind: "oidc",
    issuerUri: tenant,
    allowedAudiences: [application],
  });
  const principals = `iam.googleapis.com/${pool}`;
  const homeRole = `arn:aws:sts::${aws.identity.account}:assumed-role/${aws.identity.callerRole}`;
  gcp.identity.users.set("guest@fleet-prod-1.iam.gserviceaccount.com", [
    `principalSet://${principals}/attribute.aws_role/${homeRole}`,
    `principal://${principals}/subject/${machine.identity.principalId}`,
  ]);
}
