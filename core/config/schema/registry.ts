import * as z from "zod";
import { duration } from "./duration.ts";
import { endpoint } from "./endpoint.ts";
import { secretReference } from "./reference.ts";
import { entryName, filePath, line, text } from "./text.ts";

const loginShape = (does: string, whose: string) => ({
  username: line(`Login that ${does}`, 255),
  password: secretReference(`the ${whose}'s password`),
  credential: entryName("credential").optional().meta({
    description: "Credential of this file that rotates this login; the two above serve until its first value",
  }),
});

export const registrySchema = z
  .strictObject({
    kind: z.literal("harbor"),
    endpoint: endpoint("Base address of Harbor's API"),
    pullEndpoints: z
      .array(endpoint("Address through which nodes pull"))
      .min(1)
      .max(16)
      .optional()
      .meta({ description: "Addresses through which nodes pull; the endpoint when not given" }),
    caFile: filePath("PEM file with the authorities to trust for this Harbor").optional(),
    issuer: z.strictObject(loginShape("mints and deletes robots", "issuer")).meta({
      description: "A robot with robot:create, read, list and delete (Harbor 2.12 or newer), or an administrator",
    }),
    retirer: z.strictObject(loginShape("lists, reads and deletes robots", "retirer")).optional().meta({
      description: "A second login that lists, reads and deletes robots, so that the issuer needs only robot:create",
    }),
    auditProbe: text({
      description:
        "Image that the issuer may pull, to prove that Harbor's audit log is written before silence is believed",
      pattern:
        "^[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$",
      mend: "write project/repository:tag of an image that is there",
      lengthMax: 512,
    }).optional(),
    tokenLifetime: duration("How long Harbor's bearer tokens live; told to people, nothing waits by it", {
      minMs: 1_000,
      maxMs: 86_400_000,
    }).prefault("30m"),
  })
  .transform(({ tokenLifetime, pullEndpoints, ...rest }) => ({
    ...rest,
    pullEndpoints: pullEndpoints ?? [rest.endpoint],
    tokenLifetimeMs: tokenLifetime,
  }));
