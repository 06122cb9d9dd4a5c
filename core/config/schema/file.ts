import * as z from "zod";
import { clusterSchema } from "./cluster.ts";
import { credentialSchema } from "./credential.ts";
import { registrySchema } from "./registry.ts";
import { siteSchema } from "./site.ts";
import { entries, text } from "./text.ts";

/** The one schema of `capstan.yaml`. Its input is what people write; its output has units in the names. */
export const fileSchema = z
  .strictObject({
    format: z.literal(1).meta({ description: "Format of this file" }),
    installation: text({
      description: "Name of this installation; the field manager in Kubernetes is capstan-<installation>",
      pattern: "^[a-z0-9-]+$",
      mend: "use 1 to 40 lower case letters, digits and dashes",
      lengthMax: 40,
    }),
    registries: entries("registry", registrySchema, 100),
    sites: entries("site", siteSchema, 50),
    clusters: entries("cluster", clusterSchema, 2_000).prefault({}),
    credentials: entries("credential", credentialSchema, 1_000),
  })
  .meta({ title: "capstan.yaml", description: "Configuration of Capstan" });

export type FileConfig = z.output<typeof fileSchema>;
