import * as z from "zod";

export interface TextRule {
  /** What the value is, for editors and for the error. */
  readonly description: string;
  /** Also published in the JSON Schema. */
  readonly pattern: string;
  /** What to write instead. */
  readonly mend: string;
  readonly lengthMax?: number;
}

/**
 * A text with a pattern whose refusal carries a mend and **never the value**: what stands in the
 * wrong place may be a secret.
 */
export function text(rule: TextRule) {
  const expression = new RegExp(rule.pattern);
  const lengthMax = rule.lengthMax ?? 1_000;
  return z
    .string()
    .meta({ description: rule.description, pattern: rule.pattern, maxLength: lengthMax })
    .superRefine((value, context) => {
      const problem = value.length > lengthMax ? `is over ${lengthMax} characters long` : "is not well formed";
      if (value.length > lengthMax || !expression.test(value)) {
        context.addIssue({ code: "custom", message: problem, params: { mend: rule.mend } });
      }
    });
}

/** Names of ours: credentials, sites, clusters, registries. 63 is what a mark's annotation key leaves (rotation.md). */
export function entryName(what: string) {
  return text({
    description: `Name of the ${what}: lower case letters, digits and single dashes, at most 63`,
    pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
    mend: `name the ${what} with lower case letters, digits and single dashes between them, at most 63 characters`,
    lengthMax: 63,
  });
}

/** Free text on one line that must not be empty. */
export function line(description: string, lengthMax = 253) {
  return text({
    description,
    pattern: "^[^\\u0000-\\u001f\\u007f]+$",
    mend: "write a text on one line, without control characters",
    lengthMax,
  });
}

/** A path; relative ones are taken from the configuration file's folder, `~/` from the home folder. */
export function filePath(description: string) {
  return line(`${description}. Relative to this file; ~/ is the home folder`, 4_096);
}

/** A mapping from names to entries, with a limit. */
export function entries<Value extends z.ZodType>(what: string, value: Value, countMax: number) {
  return z.record(entryName(what), value).superRefine((found, context) => {
    const count = Object.keys(found).length;
    if (count > countMax) {
      context.addIssue({
        code: "custom",
        message: `has ${count} entries, ${countMax} is the most`,
        params: { mend: "split the installation into several files" },
      });
    }
  });
}
