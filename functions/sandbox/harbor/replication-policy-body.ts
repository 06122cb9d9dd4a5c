import { registryFields } from "./endpoint-fields.ts";
import type { JsonObject } from "./json-body.ts";
import { badRequest } from "./refusal.ts";
import type { ReplicationFilter, ReplicationPolicyRow } from "./replication-state.ts";

const registry = { struct: "Registry", fields: registryFields } as const;
const settings = { struct: "ReplicationTriggerSettings", fields: { cron: "string" } } as const;
const filter = {
  struct: "ReplicationFilter",
  fields: { type: "string", value: "any", decoration: "string" },
} as const;

/** Fields of a policy's body, for binding. */
export const policyFields = {
  id: "int64",
  name: "string",
  description: "string",
  src_registry: registry,
  dest_registry: registry,
  dest_namespace: "string",
  dest_namespace_replace_count: "int8",
  trigger: { struct: "ReplicationTrigger", fields: { type: "string", trigger_settings: settings } },
  filters: { list: filter },
  replicate_deletion: "bool",
  deletion: "bool",
  override: "bool",
  enabled: "bool",
  speed: "int32",
  copy_by_chunk: "bool",
  single_active_replication: "bool",
} as const;

/** A repository's name, in parts of the reference grammar of distribution. */
const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const repositoryName = new RegExp(`^(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?${component}(?:/${component})*$`);

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function checkFilter({ type, value, decoration }: ReplicationFilter): void {
  if (type === "label") {
    if (!Array.isArray(value) || value.some((label) => typeof label !== "string"))
      throw badRequest("the type of label filter value isn't string slice");
  } else if (type === "name" || type === "tag" || type === "resource") {
    if (typeof value !== "string") throw badRequest("the type of filter value isn't string");
    if (type === "resource" && value !== "artifact" && value !== "image")
      throw badRequest(`invalid resource filter: ${value}`);
    if (type !== "tag" && decoration !== "") throw badRequest("only tag and label filter support decoration");
  } else throw badRequest("invalid filter type");
  if (decoration !== "" && decoration !== "matches" && decoration !== "excludes")
    throw badRequest(`invalid filter decoration, :${decoration}`);
}

/** Schedules themselves are not played: of their cron only that it is there, and begins at second 0. */
function checkTrigger(trigger: JsonObject): void {
  const { cron } = (trigger["trigger_settings"] ?? {}) as JsonObject;
  switch (text(trigger["type"])) {
    case "manual":
    case "event_based":
      return;
    case "scheduled":
      if (text(cron) === "") throw badRequest("the cron string cannot be empty when the trigger type is scheduled");
      if (text(cron).split(" ")[0] !== "0")
        throw badRequest("the 1st field (indicating Seconds of time) of the cron setting must be 0");
      return;
    default:
      throw badRequest("invalid trigger type");
  }
}

type WantedPolicy = Omit<ReplicationPolicyRow, "id" | "createdAtMs" | "updatedAtMs">;

/** What a body asks for, judged in Harbor's order and with its texts. */
export function readPolicy(body: JsonObject): WantedPolicy {
  const idOf = (side: unknown): number => (side as { id?: number } | null | undefined)?.id ?? 0;
  const name = text(body["name"]);
  const sourceId = idOf(body["src_registry"]);
  const destinationId = idOf(body["dest_registry"]);
  const destinationNamespace = text(body["dest_namespace"]);
  const filters = ((body["filters"] ?? []) as readonly JsonObject[]).map(
    (one): ReplicationFilter => ({
      type: text(one["type"]),
      value: one["value"],
      decoration: text(one["decoration"]),
    }),
  );
  const trigger = (body["trigger"] ?? null) as JsonObject | null;
  if (name === "") throw badRequest("empty name");
  if ((sourceId === 0) === (destinationId === 0))
    throw badRequest("either src_registry or dest_registry should be empty and the other one shouldn't be empty");
  for (const one of filters) checkFilter(one);
  if (destinationNamespace !== "" && !repositoryName.test(destinationNamespace))
    throw badRequest(`invalid destination namespace: ${destinationNamespace}`);
  if (trigger !== null) checkTrigger(trigger);
  const replaceCount = body["dest_namespace_replace_count"];
  const speed = body["speed"];
  return {
    name,
    description: text(body["description"]),
    sourceId,
    destinationId,
    destinationNamespace,
    replaceCount: typeof replaceCount === "number" ? replaceCount : -1,
    filters,
    trigger,
    enabled: body["enabled"] === true,
    override: body["override"] === true,
    deletion: body["deletion"] === true,
    speed: typeof speed === "number" ? Math.max(0, speed) : 0,
    copyByChunk: body["copy_by_chunk"] === true,
    single: body["single_active_replication"] === true,
  };
}
