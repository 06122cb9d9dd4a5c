import { z } from "zod";
import { PortError } from "../../ports/errors.ts";
import type { HttpReply } from "../http/request.ts";

const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));
/** Names go into messages and headers. Harbor lets nobody choose a prefix or a name that could not. */
const name = z
  .string()
  .min(1)
  .max(1_024)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u);

export const robotReply = z.object({
  id: z.int().positive(),
  name,
  /** Left out where empty (harbor.md §1.2). */
  description: z.string().default(""),
  disable: z.boolean(),
  creation_time: time,
  expires_at: z.number(),
});

export const robotsReply = z.array(robotReply);

const permissionsReply = z.array(
  z.object({
    kind: z.string(),
    namespace: z.string(),
    access: z.array(z.object({ resource: z.string(), action: z.string(), effect: z.string().optional() })),
  }),
);

export const robotWithPermissionsReply = z.object({
  id: z.int().positive(),
  name,
  disable: z.boolean(),
  expires_at: z.number(),
  permissions: permissionsReply.nullable().transform((list) => list ?? []),
});

export const robotsWithPermissionsReply = z.array(robotWithPermissionsReply);

/** Of people only; a robot is answered with 412 (harbor.md §6). */
export const userReply = z.object({ sysadmin_flag: z.boolean() });

export const ownPermissionsReply = z.array(z.object({ resource: z.string(), action: z.string() }));

/** Rows as the inventory reads them; who made them is told since 2.12. */
export const inventoryReply = z.array(
  robotReply.extend({
    permissions: permissionsReply.nullish().transform((list) => list ?? []),
    creator_type: z.string().optional(),
    creator_ref: z.number().optional(),
  }),
);

export const projectsReply = z.array(
  z.object({
    project_id: z.int().positive(),
    name: z.string().min(1),
    /** Texts, `"true"` and `"false"`. */
    metadata: z.object({ public: z.string().optional() }).nullish(),
  }),
);
export const usersReply = z.array(z.object({ user_id: z.int(), username: z.string() }));
export const webhooksReply = z.array(
  z.object({ name: z.string(), targets: z.array(z.object({ auth_header: z.string().optional() })).nullish() }),
);
export const creationReply = z.object({ project_creation_restriction: z.string().optional() });

const text = z.object({ value: z.string() }).optional();
/** `GET /configurations`; keys came with versions. */
export const settingsReply = z.object({
  robot_name_prefix: text,
  token_expiration: z.object({ value: z.number() }).optional(),
  disabled_audit_log_event_types: text,
  skip_audit_log_database: z.object({ value: z.boolean() }).optional(),
});

export const createdReply = z.object({
  id: z.int().positive(),
  name,
  secret: z.string().min(1),
  creation_time: time,
  expires_at: z.number(),
});

export const projectReply = z.object({ project_id: z.int().positive() });

/** `external_url` is there for logged-in callers only (harbor.md §6). */
export const systemInfoReply = z.object({
  harbor_version: name.optional(),
  external_url: z.string().optional(),
  read_only: z.boolean().default(false),
});

export const registryReply = z.object({
  id: z.int().positive(),
  name: z.string().min(1),
  url: z.string(),
  description: z.string().default(""),
  update_time: time,
  /** The secret in it is masked, and never looked at. */
  credential: z.object({ access_key: z.string().optional() }).nullish(),
});
export const registriesReply = z.array(registryReply);

const side = z.object({ id: z.int() }).nullish();
export const policiesReply = z.array(z.object({ id: z.int().positive(), src_registry: side, dest_registry: side }));
export const executionsReply = z.array(z.object({ id: z.int().positive(), start_time: time }));

export const auditReply = z.array(
  z.object({ op_time: time, username: z.string(), resource: name.optional().catch(undefined) }),
);

export const tokenReply = z.object({ token: z.string().min(1) });

const errorsReply = z.object({ errors: z.array(z.object({ code: z.string(), message: z.string() })).min(1) });

/** The first error of Harbor's envelope; null: this is not Harbor speaking (an ingress, a proxy). */
export function harborError(reply: HttpReply): { readonly code: string; readonly message: string } | null {
  const parsed = errorsReply.safeParse(parseJson(reply.text));
  return parsed.success ? (parsed.data.errors[0] ?? null) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A page of HTML is never Harbor's API: something stands in front of it. */
export function isHtml(reply: HttpReply): boolean {
  return /text\/html/i.test(reply.headers["content-type"] ?? "");
}

/** The fields used of a good reply. Throws `invalid` (`bad-reply`); neither body nor parser's message goes along. */
export function readReply<T>(schema: z.ZodType<T>, reply: HttpReply, operation: string): T {
  const parsed = schema.safeParse(parseJson(reply.text));
  if (parsed.success) return parsed.data;
  throw new PortError("invalid", `harbor: ${operation}: the reply is not what Harbor answers`, {
    system: "harbor",
    operation,
    reason: "bad-reply",
    status: reply.status,
  });
}
