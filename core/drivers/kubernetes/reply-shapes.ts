import * as z from "zod";
import { PortError } from "../../ports/errors.ts";
import { pullSecretType } from "../../pullsecret/index.ts";

/** As the API server checks them when they are written: RFC 1123 labels and subdomains, ids without blanks. */
const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const subdomain = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
const id = z.string().regex(/^[\x21-\x7e]{1,128}$/);
/** Managers, kinds and names of owners go into messages. */
const printable = z
  .string()
  .max(253)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u);
const texts = z.record(z.string(), z.string()).nullish();

const secretShape = z.looseObject({
  metadata: z.looseObject({
    namespace: label,
    name: subdomain,
    uid: id,
    resourceVersion: id,
    labels: texts,
    annotations: texts,
    managedFields: z
      .array(
        z.looseObject({
          manager: printable.nullish(),
          operation: z.string().nullish(),
          fieldsV1: z.unknown().optional(),
        }),
      )
      .nullish(),
    ownerReferences: z
      .array(z.looseObject({ kind: printable, name: printable, controller: z.unknown().optional() }))
      .nullish(),
  }),
  type: z.string().nullish(),
  immutable: z.boolean().nullish(),
  data: z.looseObject({ ".dockerconfigjson": z.base64().min(1).optional() }).nullish(),
});

const namespaceShape = z.looseObject({
  metadata: z.looseObject({ name: label, deletionTimestamp: z.unknown().optional() }),
  status: z.looseObject({ phase: z.string().nullish() }).nullish(),
});

export type SecretObject = z.infer<typeof secretShape>;
export type NamespaceObject = z.infer<typeof namespaceShape>;

interface Named {
  readonly namespace?: string;
  readonly name: string;
}

function badReply(system: string, operation: string, why: string): PortError {
  return new PortError("invalid", `${system}: ${operation}: ${why}`, { system, operation, reason: "bad-reply" });
}

/** Throws `invalid` (`bad-reply`) for what no API server answers, or an object other than the one asked for. */
export function checkSecret(system: string, operation: string, secret: unknown, asked?: Named): SecretObject {
  const parsed = secretShape.safeParse(secret);
  const place = asked === undefined ? operation : `${operation} ${asked.namespace}/${asked.name}`;
  if (!parsed.success) throw badReply(system, place, "the reply holds something that is no Secret");
  // The server takes no Secret of this type without it; taken for empty, its neighbours' entries would be written away.
  if (parsed.data.type === pullSecretType && parsed.data.data?.[".dockerconfigjson"] === undefined)
    throw badReply(system, place, "the reply holds a pull Secret without its content");
  const { namespace, name } = parsed.data.metadata;
  if (asked !== undefined && (namespace !== asked.namespace || name !== asked.name))
    throw badReply(system, place, "the reply is another Secret");
  return parsed.data;
}

/** The same for a namespace. */
export function checkNamespace(system: string, operation: string, namespace: unknown, asked?: Named): NamespaceObject {
  const parsed = namespaceShape.safeParse(namespace);
  const place = asked === undefined ? operation : `${operation} ${asked.name}`;
  if (!parsed.success) throw badReply(system, place, "the reply holds something that is no namespace");
  if (asked !== undefined && parsed.data.metadata.name !== asked.name)
    throw badReply(system, place, "the reply is another namespace");
  return parsed.data;
}

/** The token of the page after this list. `asked`: the token of this one. */
export function tokenAfter(
  system: string,
  operation: string,
  list: Readonly<Record<string, unknown>>,
  asked: string | null,
): string | null {
  const { metadata } = list;
  const next = typeof metadata === "object" && metadata !== null ? (metadata as { continue?: unknown }).continue : null;
  return nextToken(system, operation, next, asked);
}

/** The token of the page after this one; null: there is none. Throws `invalid` (`bad-reply`) for one that leads nowhere. */
export function nextToken(system: string, operation: string, next: unknown, asked: string | null): string | null {
  if (next === undefined || next === null || next === "") return null;
  if (typeof next === "string" && next !== asked) return next;
  throw badReply(system, operation, "a page that is followed by itself");
}
