import * as z from "zod";
import { line, text } from "./text.ts";

const catalogueName = (what: string) =>
  text({
    description: `${what} of Harbor's permission catalogue`,
    pattern: "^[a-z][a-z-]*$",
    mend: `write one ${what} of Harbor's catalogue; wildcards are not in it (Harbor 2.10 and newer)`,
    lengthMax: 64,
  });

const permissionSchema = z.strictObject({
  kind: z.enum(["project", "system"]).default("project"),
  namespace: text({
    description: "Project's name, * for all projects, / with kind system",
    pattern: "^(\\*|/|[a-z0-9]+([._-]+[a-z0-9]+)*)$",
    mend: "write a project's name, * for all projects, or / with kind: system",
    lengthMax: 255,
  }),
  access: z
    .array(z.strictObject({ resource: catalogueName("resource"), action: catalogueName("action") }))
    .min(1)
    .max(100),
});

/** `-1` (never expires) is a duration for Harbor, not for us: the expiry is what bounds a lost robot's life. */
export const robotSchema = z
  .strictObject({
    level: z.enum(["system", "project"]).default("system"),
    durationDays: z.int().min(1).max(3_650).default(30).meta({ description: "Life of a robot in whole days" }),
    permissions: z.array(permissionSchema).min(1).max(200),
    adopts: line("Username of a hand-made robot whose Secrets and rights generation 1 takes over", 255)
      .optional()
      .meta({
        description: "Username of a hand-made robot whose place is taken; it is named while alive, never deleted",
      }),
  })
  .meta({ description: "What Harbor is asked to make for each generation" });
