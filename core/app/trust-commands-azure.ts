import type { SiteConfig } from "../config/complete.ts";
import type { MissingTrust } from "./trust-commands.ts";
import { command } from "./trust-shell.ts";

type AzureSite = Extract<SiteConfig, { kind: "azure" }>;

/** A federated credential on the app registration, or on the user-assigned identity if the client id is one's. */
export function entraCommands(site: AzureSite, { from, presented }: MissingTrust): readonly string[] {
  const settings = from === "aws" ? site.federation?.aws : site.federation?.gcp;
  if (settings === undefined) return [];
  const name = `capstan-${from}`;
  const issuer = presented.issuer ?? "<issuer>";
  const subject = presented.subject ?? "<subject>";
  const audience = presented.audience ?? settings.audience;
  const parameters = JSON.stringify({ name, issuer, subject, audiences: [audience] });
  const identity = "az identity federated-credential create --identity-name '<identity>' --resource-group '<group>'";
  return [
    command("az ad app federated-credential create --id", settings.clientId, "--parameters", parameters),
    `${command(identity, "--name", name, "--issuer", issuer, "--subject", subject, "--audiences", audience)}  # for a user-assigned identity, instead`,
  ];
}
