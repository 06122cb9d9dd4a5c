import { referenceMend, referencePattern } from "../../core/config/references.ts";
import type { CommandDefinition } from "./command-definition.ts";
import { flagSwitch, flagText, flagTextOrNull, flagTexts, refuse } from "./flags.ts";

const onlyWithUrl = ["login", "password", "caFile", "context", "kubeconfig", "write"];

/** `capstan discover`: before there is a file by flags, afterwards by the file. */
export const discoverCommand: CommandDefinition<"discover"> = {
  summary: "list all robots of a Harbor, who uses and holds them, and what to look at; changes nothing there",
  takes: "nothing",
  options: [
    { flags: "--harbor-url <url>", description: "base address of Harbor; the file's Harbor when not given" },
    { flags: "--login <username>", description: "who looks; the administrator sees all (default: admin)" },
    { flags: "--password <reference>", description: "where its password is kept (default: env:HARBOR_PASSWORD)" },
    { flags: "--ca-file <path>", description: "PEM file with Harbor's authority" },
    { flags: "--context <name...>", description: "contexts of the kubeconfig whose Secrets are looked through" },
    { flags: "--kubeconfig <path>", description: "kubeconfig; KUBECONFIG or ~/.kube/config when not given" },
    { flags: "--registry <name>", description: "a registry of the file, where it has several" },
    { flags: "--write <path>", description: "write a configuration to start from" },
    { flags: "--force", description: "with --write: replace an existing file" },
  ],
  examples: [
    ["discover", "the Harbor and the clusters of capstan.yaml"],
    [
      "discover --harbor-url https://harbor.example.com --context prod --write capstan.yaml",
      "before there is a file, and make one",
    ],
  ],
  read: ({ flags }) => {
    const url = flagTextOrNull(flags, "harborUrl");
    const registry = flagTextOrNull(flags, "registry");
    const write = flagTextOrNull(flags, "write");
    const force = flagSwitch(flags, "force");
    if (force && write === null) throw refuse("force", "is for --write");
    if (url === null) {
      const stray = onlyWithUrl.find((name) => flags[name] !== undefined);
      if (stray !== undefined) throw refuse(stray, "is for --harbor-url: the file says the rest");
      return { harbor: null, registry, write, force };
    }
    if (registry !== null) throw refuse("registry", "names one of the file: not with --harbor-url");
    const password = flags["password"] === undefined ? "env:HARBOR_PASSWORD" : flagText(flags, "password");
    if (!new RegExp(referencePattern).test(password)) throw refuse("password", referenceMend);
    const harbor = {
      url,
      login: flags["login"] === undefined ? "admin" : flagText(flags, "login"),
      password,
      caFile: flagTextOrNull(flags, "caFile"),
      contexts: flagTexts(flags, "context"),
      kubeconfig: flagTextOrNull(flags, "kubeconfig"),
    };
    return { harbor, registry, write, force };
  },
};
