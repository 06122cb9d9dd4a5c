import * as z from "zod";
import { decadeMs, duration } from "./duration.ts";
import { limitsSchema } from "./limits.ts";
import { robotSchema } from "./robot.ts";
import { rotateSchema } from "./rotate.ts";
import { targetSchema } from "./target.ts";
import { entryName, text } from "./text.ts";

const span = { minMs: 0, maxMs: decadeMs };

const drainSchema = z
  .strictObject({
    overlap: duration("Least time for which the old robot lives on after all are served", span).prefault("1h"),
    longestPull: duration("Longest pull, its time in queues included", span).prefault("30m"),
    pullModeRefresh: duration(
      "Slowest refresh of consumers that fetch by themselves (External Secrets)",
      span,
    ).prefault("0s"),
  })
  .transform((drain) => ({
    overlapMs: drain.overlap,
    longestPullMs: drain.longestPull,
    pullModeRefreshMs: drain.pullModeRefresh,
  }));

const proofSchema = z
  .strictObject({
    repository: text({
      description: "project/repository that a new robot must be able to use. The project must exist and be private",
      pattern: "^[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$",
      mend: "write project/repository in lower case; the repository need not exist, the project must",
      lengthMax: 255,
    }),
    action: z.enum(["pull", "push"]).default("pull"),
  })
  .meta({ description: "What a new robot is tried with before anybody gets it" });

export const credentialSchema = z
  .strictObject({
    registry: entryName("registry").optional(),
    registries: z.array(entryName("registry")).min(2).max(50).optional().meta({
      description: "Several registries in place of one: a credential <entry>-<registry> at each, for the same targets",
    }),
    registryHost: text({
      description: "Key in the pull Secret: host[:port] as in image names. The first pull endpoint's when not given",
      pattern: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$",
      mend: "write host or host:port as image names have it, in lower case, without scheme and path",
      lengthMax: 255,
    }).optional(),
    home: entryName("site").meta({ description: "Site whose ledger decides" }),
    sites: z
      .array(entryName("site"))
      .max(50)
      .optional()
      .meta({ description: "Further sites with a copy; those of the clusters when not given" }),
    canarySite: entryName("site").optional().meta({ description: "Site that is flipped first; home when not given" }),
    storeName: text({
      description: "Name of the value in each secret store; capstan-<credential> when not given",
      pattern: "^[A-Za-z0-9][A-Za-z0-9/_+=.@-]*$",
      mend: "use letters, digits and dashes: these are allowed in every kind of store",
      lengthMax: 500,
    }).optional(),
    strategy: z.enum(["generations", "alternating", "in-place", "auto"]).default("generations").meta({
      description:
        "generations: a new robot each time. alternating: two robots of fixed names, for allow-lists. in-place: one robot, and pulls fail for a while. These two need an administrator as issuer. auto: the safest of them that the issuer's rights allow, chosen for each rotation; in-place with acceptFailedPulls alone",
    }),
    acceptFailedPulls: z.boolean().default(false).meta({
      description:
        "Consent to in-place (named, or chosen by auto), with which pulls fail from the refresh until all are served",
    }),
    robot: robotSchema,
    proof: proofSchema,
    rotate: rotateSchema.prefault({}),
    drain: drainSchema.prefault({}),
    distributionMax: duration("Longest time that handing out to all targets may take", span).prefault("1h"),
    margin: duration("Reserve before the robot's expiry", span).prefault("1h"),
    limits: limitsSchema.prefault({}),
    targets: z.array(targetSchema).max(500).default([]),
  })
  .superRefine(({ registry, registries, registryHost }, context) => {
    const refuse = (key: string, message: string, mend: string) =>
      context.addIssue({ code: "custom", path: [key], message, params: { mend } });
    if (registry === undefined && registries === undefined)
      refuse("registry", "is missing", "add registry: a name under registries, or registries: a list of them");
    if (registry !== undefined && registries !== undefined)
      refuse("registries", "stands beside registry", "keep one of the two");
    if (registries !== undefined && registryHost !== undefined)
      refuse(
        "registryHost",
        "is one for several registries",
        "leave it out, and let pullEndpoints begin with that host",
      );
  })
  .transform(({ distributionMax, margin, ...rest }) => ({
    ...rest,
    distributionMaxMs: distributionMax,
    marginMs: margin,
  }));
