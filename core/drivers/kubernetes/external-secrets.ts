import type { CustomObjectsApi } from "@kubernetes/client-node";
import * as z from "zod";
import type { ExternalSecretFacts } from "../../ports/cluster.ts";
import { PortError } from "../../ports/errors.ts";

const kind = { group: "external-secrets.io", version: "v1", plural: "externalsecrets" } as const;
const operation = "externalsecrets.get";

/** Words go into messages: one each, as Go's identifiers and durations are. */
const word = z.string().regex(/^[\w.-]{1,100}$/);
const shape = z.looseObject({
  metadata: z.looseObject({ name: z.string(), generation: z.number().nullish() }),
  spec: z.looseObject({
    refreshInterval: word.nullish(),
    refreshPolicy: z.enum(["Periodic", "OnChange", "CreatedOnce"]).nullish(),
    target: z.looseObject({ name: word.nullish() }).nullish(),
  }),
  status: z
    .looseObject({
      refreshTime: z.iso.datetime({ offset: true }).nullish(),
      syncedResourceVersion: word.nullish(),
      conditions: z.array(z.looseObject({ type: word, status: word, reason: word.nullish() })).nullish(),
    })
    .nullish(),
});
/** Where the object does not say (API of v1: `refreshInterval`). */
const intervalDefault = "1h";

/** `<generation>-<hash of labels and annotations>` (External Secrets, `ctrlutil.GetResourceVersion`). */
function isOf(synced: string | null | undefined, generation: number | null | undefined): boolean {
  return synced?.split("-")[0] === String(generation ?? "");
}

/**
 * An ExternalSecret's own account of itself. Conditions' messages are left out: providers put into them what they
 * like. Throws `PortError`; `invalid` (`bad-reply`) for what is no ExternalSecret.
 */
export async function readExternalSecret(
  api: CustomObjectsApi,
  namespace: string,
  name: string,
  system: string,
): Promise<ExternalSecretFacts | null> {
  let found: unknown;
  try {
    found = await api.getNamespacedCustomObject({ ...kind, namespace, name });
  } catch (error) {
    // No object, or no such kind in this cluster.
    if (error instanceof PortError && error.kind === "not-found") return null;
    throw error;
  }
  const parsed = shape.safeParse(found);
  if (!parsed.success || parsed.data.metadata.name !== name) {
    const message = `${system}: ${operation} ${namespace}/${name}: the reply is no ExternalSecret`;
    throw new PortError("invalid", message, { system, operation, reason: "bad-reply" });
  }
  const { spec, status } = parsed.data;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return {
    target: spec.target?.name ?? name,
    ready: ready === undefined ? null : ready.status === "True",
    reason: ready?.reason ?? null,
    refreshedMs: status?.refreshTime ? Date.parse(status.refreshTime) : null,
    carriedOut: isOf(status?.syncedResourceVersion, parsed.data.metadata.generation),
    interval: spec.refreshInterval ?? intervalDefault,
    policy: spec.refreshPolicy ?? "Periodic",
  };
}
