import * as z from "zod";
import { parseLabelSelector } from "../label-selector.ts";
import { entryName, line, text } from "./text.ts";

const namespace = text({
  description: "Name of a namespace",
  pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
  mend: "write a namespace's name: lower case letters, digits and dashes, at most 63 characters",
  lengthMax: 63,
});

const labelSelector = z
  .string()
  .max(2_000)
  .meta({ description: "Label selector of namespaces, as kubectl takes it; '' selects all" })
  .superRefine((value, context) => {
    if (parseLabelSelector(value) !== null) return;
    context.addIssue({
      code: "custom",
      message: "is not a label selector",
      params: { mend: "write it as kubectl takes it: team=a, tier!=db, env in (test,prod), shared, !legacy" },
    });
  });

const byNames = z
  .strictObject({ names: z.array(namespace).min(1).max(5_000) })
  .transform(({ names }) => ({ by: "names" as const, names }));

const bySelector = z
  .strictObject({ selector: labelSelector, except: z.array(namespace).max(5_000).default([]) })
  .transform(({ selector, except }) => ({ by: "selector" as const, labelSelector: selector, except }));

const clusters = z
  .union([z.literal("all"), z.array(entryName("cluster")).min(1).max(1_000)])
  .meta({ description: "Names of clusters, or all: every cluster of the credential's sites" });

const secretName = text({
  description: "Name of the pull Secret, the same in each namespace",
  pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
  mend: "write a Secret's name: lower case letters, digits, dashes and dots, at most 253 characters",
  lengthMax: 253,
});

const pullSecret = z
  .strictObject({
    clusters,
    namespaces: z.union([byNames, bySelector]),
    secret: secretName,
    serviceAccounts: z
      .array(
        text({
          description: "Name of a ServiceAccount",
          pattern: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
          mend: "write a ServiceAccount's name, such as default",
          lengthMax: 253,
        }),
      )
      .max(50)
      .default([])
      .meta({ description: "Accounts of these namespaces that get the Secret into their imagePullSecrets" }),
    by: z.enum(["capstan", "external-secrets", "replicator", "reflector", "kyverno"]).default("capstan").meta({
      description:
        "Who writes the Secret: Capstan; an ExternalSecret of the same name; or a tool that copies it from source. What others write is only read",
    }),
    source: z
      .strictObject({ namespace, secret: secretName.optional() })
      .meta({ description: "The Secret that is copied, which Capstan writes; named as the copies where not given" })
      .optional(),
    email: line("Accepted for the sake of old files, and left out of pull Secrets").optional(),
    repair: z
      .boolean()
      .default(false)
      .meta({ description: "Drop entries of any registry that kubelet cannot read; without it they are named" }),
    adopt: z.boolean().default(false).meta({ description: "Take over a Secret that somebody else made or owns" }),
  })
  .transform((target) => ({ ...target, kind: "secret" as const }))
  .meta({ description: "Pull Secrets that hold this credential" });

const registryEndpoint = z
  .strictObject({
    clusters,
    endpoint: text({
      description: "Name of a registry endpoint of these Harbors, which is there already and is taken over",
      pattern: "^[^/,\\u0000-\\u001f\\u007f]+$",
      mend: "write the endpoint's name as Harbor shows it under Registries",
      lengthMax: 128,
    }),
  })
  .transform(({ endpoint: secret, ...rest }) => ({
    ...rest,
    kind: "endpoint" as const,
    // An endpoint is to the protocol what a Secret is: in one namespace, and somebody else's until taken over.
    namespaces: { by: "names" as const, names: ["registries"] },
    secret,
    serviceAccounts: [] as string[],
    by: "capstan" as const,
    source: undefined,
    email: undefined,
    repair: false,
    adopt: true,
  }))
  .meta({ description: "A Harbor's endpoint that replicates with this credential, or caches by it" });

export const targetSchema = z.union([pullSecret, registryEndpoint]);
