import * as z from "zod";
import { PortError } from "../../ports/errors.ts";

export const system = "aws-secrets-manager";

/** Documented as 32 to 64 characters; the SDK gives what came, whatever its type says. */
const versionId = z.string().regex(/^[\x21-\x7e]{1,128}$/);
const labels = z.array(z.string().min(1).max(256));
const secretName = z.string().min(1);

export const written = z.looseObject({ Name: secretName });
export const put = z.looseObject({ VersionId: versionId, VersionStages: labels.optional() });
export const described = z.looseObject({
  Name: secretName,
  VersionIdsToStages: z.record(versionId, labels).optional(),
  RotationEnabled: z.boolean().optional(),
});
export const held = z.looseObject({
  VersionId: versionId,
  SecretString: z.string().optional(),
  SecretBinary: z.instanceof(Uint8Array).optional(),
  VersionStages: labels.optional(),
});

export type Held = z.infer<typeof held>;

export function badReply(operation: string, name: string, what: string): PortError {
  const message = `${system}: ${operation} ${name}: ${what}`;
  return new PortError("invalid", message, { system, operation, reason: "bad-reply" });
}

/** The fields used of a reply. Throws `invalid` (`bad-reply`) where one is missing or of another type. */
export function shaped<T>(schema: z.ZodType<T>, operation: string, name: string, reply: unknown): T {
  const parsed = schema.safeParse(reply);
  if (parsed.success) return parsed.data;
  throw badReply(operation, name, "the reply is not what the service answers");
}
