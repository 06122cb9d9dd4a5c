import { accountOption, readAccount } from "./account-flag.ts";
import type { CommandDefinition } from "./command-definition.ts";
import { flagSwitch, flagText, flagTextOrNull, flagTexts, refuse } from "./flags.ts";

export const manifestsCommand: CommandDefinition<"manifests"> = {
  summary: "print what runs in a cluster, as manifests for kubectl",
  takes: "nothing",
  options: [
    {
      flags: "--agent <site>",
      description: "an agent's namespace, account, rights, configuration and runner",
    },
    {
      flags: "--form <form>",
      description: "deployment (stays) or cronjob (every five minutes)",
      default: "deployment",
    },
    { flags: "--image <image>", description: "image whose entry point is capstan", default: "capstan:0.1.0" },
    { flags: "--identity <id>", description: "role ARN, client id or service account that the pod is to its cloud" },
    accountOption,
    {
      flags: "--external-secrets",
      description: "instead: stores and objects for targets that External Secrets writes",
    },
    { flags: "--cluster <name...>", description: "with --external-secrets: of these clusters only" },
  ],
  examples: [
    ["manifests --agent edge --image registry.example.com/capstan:0.1.0", "for kubectl apply --server-side -f -"],
    ["manifests --external-secrets --cluster prod-1", "for targets with by: external-secrets"],
  ],
  read: ({ flags }) => {
    const form = flagText(flags, "form");
    if (form !== "deployment" && form !== "cronjob") throw refuse("form", "takes deployment or cronjob");
    const image = flagText(flags, "image");
    if (!/^[a-z0-9][\w.:/@-]{0,510}$/.test(image)) throw refuse("image", "takes the name of an image");
    const agent = flagTextOrNull(flags, "agent");
    const external = flagSwitch(flags, "externalSecrets");
    if (external === (agent !== null)) throw refuse("agent", "or --external-secrets: one of them is needed");
    const clusters = flagTexts(flags, "cluster");
    if (clusters.length > 0 && !external) throw refuse("cluster", "is for --external-secrets");
    return {
      agent,
      clusters,
      form,
      image,
      identity: flagTextOrNull(flags, "identity"),
      account: readAccount(flags),
    };
  },
};
