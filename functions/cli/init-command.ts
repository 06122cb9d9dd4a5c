import { referenceMend, referencePattern } from "../../core/config/references.ts";
import type { CommandDefinition } from "./command-definition.ts";
import { flagSwitch, flagText, flagTextOrNull, flagTexts, refuse } from "./flags.ts";

/** `capstan init`: everything by flags, so that scripts and people do the same. */
export const initCommand: CommandDefinition<"init"> = {
  summary: "write a commented capstan.yaml for one Harbor and your clusters",
  takes: "nothing",
  options: [
    { flags: "--harbor-url <url>", description: "base address of Harbor", required: true },
    {
      flags: "--issuer <username>",
      description: "login that mints and deletes robots, such as 'robot$capstan'",
      required: true,
    },
    { flags: "--project <name>", description: "private project that the credential may pull from", required: true },
    {
      flags: "--password <reference>",
      description: "where the issuer's password is kept",
      default: "env:HARBOR_ISSUER_PASSWORD",
    },
    { flags: "--ca-file <path>", description: "PEM file with Harbor's authority" },
    { flags: "--context <name...>", description: "contexts of the kubeconfig, one per cluster" },
    { flags: "--kubeconfig <path>", description: "kubeconfig; KUBECONFIG or ~/.kube/config when not given" },
    { flags: "--namespace <name...>", description: "namespaces that get the pull Secret" },
    { flags: "--selector <labels>", description: "label selector of namespaces, instead of names" },
    { flags: "--secret <name>", description: "name of the pull Secret", default: "harbor-pull" },
    { flags: "--credential <name>", description: "name of the credential", default: "platform-pull" },
    { flags: "--installation <name>", description: "name of this installation", default: "main" },
    { flags: "--directory <path>", description: "folder for encrypted values and ledgers", default: "./.capstan" },
    { flags: "--identity <path>", description: "age identity; made when absent", default: "./age.key" },
    { flags: "--force", description: "replace an existing file" },
  ],
  examples: [
    [
      "init --harbor-url https://harbor.example.com --issuer 'robot$capstan' --project apps --context prod --namespace web shop",
      "one cluster, two namespaces; the file goes to ./capstan.yaml",
    ],
  ],
  read: ({ flags }) => {
    const password = flagText(flags, "password");
    if (!new RegExp(referencePattern).test(password)) throw refuse("password", referenceMend);
    const contexts = flagTexts(flags, "context");
    const namespaces = flagTexts(flags, "namespace");
    const selector = flags["selector"] === "" ? "" : flagTextOrNull(flags, "selector");
    if (namespaces.length > 0 && selector !== null) throw refuse("selector", "choose either --namespace or --selector");
    if (contexts.length > 0 && namespaces.length === 0 && selector === null) {
      throw refuse("namespace", "name the namespaces that get the pull Secret, or choose them by --selector");
    }
    return {
      force: flagSwitch(flags, "force"),
      installation: flagText(flags, "installation"),
      credential: flagText(flags, "credential"),
      harborUrl: flagText(flags, "harborUrl"),
      caFile: flagTextOrNull(flags, "caFile"),
      issuer: flagText(flags, "issuer"),
      password,
      project: flagText(flags, "project"),
      kubeconfig: flagTextOrNull(flags, "kubeconfig"),
      contexts,
      namespaces,
      selector,
      secret: flagText(flags, "secret"),
      directory: flagText(flags, "directory"),
      identity: flagText(flags, "identity"),
    };
  },
};
