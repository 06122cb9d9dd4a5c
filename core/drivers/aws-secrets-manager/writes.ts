import { PortError } from "../../ports/errors.ts";
import type { FlipRequest, StoreTag } from "../../ports/secret-store.ts";
import { Secret } from "../../secret.ts";
import {
  currentLabel,
  currentOf,
  epochLabel,
  epochOf,
  labelsMax,
  ownLabels,
  placeholder,
  type Stages,
} from "./labels.ts";
import { system } from "./reply-shapes.ts";
import type { Service } from "./service.ts";

const placeholderStages: Stages = new Map([[placeholder.versionId, [currentLabel]]]);

function staleWriter(operation: string, name: string, why: string): PortError {
  return new PortError("conflict", `${system}: ${operation} ${name}: ${why}`, {
    system,
    operation,
    reason: "stale-writer",
  });
}

/**
 * The labels of a secret that has a version already: where there is none, the placeholder becomes
 * the first. In a secret made by somebody else without a value it is put under the label that the
 * real value takes from it a moment later: being first it is current by itself, and if another
 * writer was first after all, nothing of his is touched.
 */
async function withFirstVersion(service: Service, name: string, label: string, found: Stages | null): Promise<Stages> {
  if (found !== null && found.size > 0) return found;
  if (found === null && (await service.create(name, placeholder.text, placeholder.versionId))) return placeholderStages;
  await service.put(name, new Secret(placeholder.text), placeholder.versionId, [label]);
  return (await service.describe(name)) ?? new Map();
}

/** Attaches the label wherever it is now; losing that race is no harm, the value itself is fenced by AWSCURRENT. */
async function attach(service: Service, name: string, label: string, versionId: string): Promise<void> {
  const stages = (await service.describe(name)) ?? new Map<string, readonly string[]>();
  const holder = [...stages].find(([, labels]) => labels.includes(label))?.[0] ?? null;
  if (holder !== versionId) await service.move(name, { label, to: versionId, from: holder });
}

/** Never without `VersionStages`: such a put would move AWSCURRENT, unguarded. */
async function putLabelled(service: Service, name: string, value: Secret, tag: StoreTag, token: string): Promise<void> {
  const label = epochLabel(tag.epoch);
  const labels = await service.put(name, value, token, [label]);
  // The put of a token that is there already does nothing; its version may have lost the label meanwhile.
  if (!labels.includes(label)) await attach(service, name, label, token);
}

/** A put over it is refused with a word that reads like a throttle, and waiting would not help. */
function checkRoom(operation: string, name: string, label: string, stages: Stages | null): void {
  const labels = [...(stages?.values() ?? [])].flat();
  if (labels.length < labelsMax || labels.includes(label)) return;
  const message = `${system}: ${operation} ${name}: the secret has ${labels.length} staging labels, ${labelsMax} is the most: too many generations are alive`;
  throw new PortError("invalid", message, { system, operation, reason: "too-large" });
}

export async function stageValue(
  service: Service,
  name: string,
  value: Secret,
  tag: StoreTag,
  token: string,
): Promise<string> {
  const found = await service.describe(name);
  checkRoom("stage", name, epochLabel(tag.epoch), found);
  await withFirstVersion(service, name, epochLabel(tag.epoch), found);
  await putLabelled(service, name, value, tag, token);
  return token;
}

/**
 * Everything before the last call can be repeated and is seen by no reader; the last call moves
 * AWSCURRENT from exactly the version that `replaces` names, or is refused by the service.
 */
export async function flipValue(service: Service, name: string, request: FlipRequest): Promise<string> {
  const { replaces, stagedVersionId, tag } = request;
  const label = epochLabel(tag.epoch);
  const versionId = stagedVersionId ?? request.token;

  const found = await service.describe(name);
  const current = currentOf(found ?? new Map());
  const expected = replaces ?? (current === placeholder.versionId ? current : null);
  if (current !== expected && current !== versionId) throw staleWriter("flip", name, "another version is current");
  checkRoom("flip", name, label, found);

  let from = expected;
  if (stagedVersionId === null) {
    const stages = await withFirstVersion(service, name, label, found);
    if (currentOf(stages) === placeholder.versionId) from = placeholder.versionId;
    await putLabelled(service, name, request.value, tag, request.token);
  } else if (epochOf(found?.get(versionId) ?? []) === null) {
    await attach(service, name, label, versionId);
  }

  if (await service.move(name, { label: currentLabel, to: versionId, from })) return versionId;
  // Refused: lost, or moved by this very flip when its reply was lost.
  const now = (await service.describe(name)) ?? new Map<string, readonly string[]>();
  if (currentOf(now) === versionId) return versionId;
  throw staleWriter("flip", name, "another version is current");
}

/**
 * AWS destroys no version at once: without a label it is deprecated, hidden, and deleted by the
 * service in its own time (user guide, quotas). So discarding is taking all labels away.
 */
export async function discardVersions(service: Service, name: string, versionIds: readonly string[]): Promise<void> {
  const stages = versionIds.length === 0 ? null : await service.describe(name);
  if (stages === null) return;
  const current = currentOf(stages);
  if (current !== null && versionIds.includes(current)) throw staleWriter("discard", name, "a version is current");
  let refused = false;
  for (const versionId of versionIds) {
    for (const label of ownLabels(stages.get(versionId) ?? [])) {
      if (!(await service.move(name, { label, to: null, from: versionId }))) refused = true;
    }
  }
  if (!refused) return;
  const now = (await service.describe(name)) ?? new Map<string, readonly string[]>();
  if (versionIds.some((versionId) => ownLabels(now.get(versionId) ?? []).length > 0))
    throw staleWriter("discard", name, "labels moved meanwhile");
}
