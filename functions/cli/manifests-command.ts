import { accountOption, readAccount } from "./account-flag.ts";
import type { CommandDefinition } from "./command-definition.ts";
import { flagText, flagTextOrNull, refuse } from "./flags.ts";

export const manifestsCommand: CommandDefinition<"manifests"> = {
  summary: "print what runs in a cluster, as manifests for kubectl",
  takes: "nothing",
  options: [
    {
      flags: "--agent <site>",
      description: "an agent's namespace, account, rights, configuration and runner",
      required: true,
    },
    {
      flags: "--form <form>",
      description: "deployment (stays) or cronjob (every five minutes)",
      default: "deployment",
    },
    { flags: "--image <image>", description: "image whose entry point is capstan", default: "capstan:0.1.0" },
    { flags: "--identity <id>", description: "role ARN, client id or service account that the pod is to its cloud" },
    accountOption,
  ],
  examples: [
    ["manifests --agent edge --image registry.example.com/capstan:0.1.0", "for kubectl apply --server-side -f -"],
  ],
  read: ({ flags }) => {
    const form = flagText(flags, "form");
    if (form !== "deployment" && form !== "cronjob") throw refuse("form", "takes deployment or cronjob");
    const image = flagText(flags, "image");
    if (!/^[a-z0-9][\w.:/@-]{0,510}$/.test(image)) throw refuse("image", "takes the name of an image");
    return {
      agent: flagText(flags, "agent"),
      form,
      image,
      identity: flagTextOrNull(flags, "identity"),
      account: readAccount(flags),
    };
  },
};
