import { badParameter } from "./vault-replies.ts";

const valueBytesMax = 25_600;
const tagsMax = 15;
const tagCharactersMax = 256;
const contentTypeCharactersMax = 255;

/** The fields of a PUT or PATCH that Key Vault takes; absent ones are undefined. */
export interface SecretInput {
  readonly value: string | undefined;
  readonly contentType: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly enabled: boolean | undefined;
  readonly nbf: number | undefined;
  readonly exp: number | undefined;
}

function parseObject(body: Buffer): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    throw badParameter("The request body is not JSON.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw badParameter("The request body is not a JSON object.");
  }
  return parsed as Record<string, unknown>;
}

function optional<Type>(value: unknown, type: string, what: string): Type | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== type) throw badParameter(`Property ${what} has an invalid value.`);
  return value as Type;
}

function checkTags(tags: Readonly<Record<string, unknown>>): void {
  const entries = Object.entries(tags);
  if (entries.length > tagsMax) throw badParameter(`There may be at most ${tagsMax} tags.`);
  for (const [key, value] of entries) {
    if (typeof value !== "string") throw badParameter("A tag's value must be a text.");
    if (key.length > tagCharactersMax || value.length > tagCharactersMax) {
      throw badParameter(`A tag's name and value may have at most ${tagCharactersMax} characters.`);
    }
  }
}

/** Limits by the documentation (about-secrets): 25,600 bytes, 15 tags, 256 characters each, contentType 255. */
export function readInput(body: Buffer): SecretInput {
  const fields = parseObject(body);
  const attributes = optional<Record<string, unknown>>(fields["attributes"], "object", "attributes") ?? {};
  const value = optional<string>(fields["value"], "string", "value");
  if (value !== undefined && Buffer.byteLength(value) > valueBytesMax) {
    throw badParameter(`The value may have at most ${valueBytesMax} bytes.`);
  }
  const contentType = optional<string>(fields["contentType"], "string", "contentType");
  if (contentType !== undefined && contentType.length > contentTypeCharactersMax) {
    throw badParameter(`contentType may have at most ${contentTypeCharactersMax} characters.`);
  }
  const tags = optional<Record<string, string>>(fields["tags"], "object", "tags");
  if (tags !== undefined) checkTags(tags);
  return {
    value,
    contentType,
    tags,
    enabled: optional<boolean>(attributes["enabled"], "boolean", "attributes.enabled"),
    nbf: optional<number>(attributes["nbf"], "number", "attributes.nbf"),
    exp: optional<number>(attributes["exp"], "number", "attributes.exp"),
  };
}
