import { PortError } from "../../core/ports/errors.ts";
import type { SecretStore } from "../../core/ports/secret-store.ts";

/**
 * One store as two sites see it: its own (`of`), and an agent's, which only reads it. Home's runner looks at both
 * like at any site; what there is to write is written once, as that of `of`. A flip of the agent's succeeds where the
 * value is there already and else is `conflict` (`stale-writer`): a later look finds it flipped. A round that both
 * want written at the same time is one write.
 */
export function shareStore(
  store: SecretStore,
  of: string,
): { readonly own: SecretStore; readonly shared: SecretStore } {
  const underWay = new Map<string, Promise<void>>();
  const writeRound: SecretStore["writeRound"] = (name, round) => {
    const key = `${name} ${round}`;
    const before = underWay.get(key);
    if (before !== undefined) return before;
    const writing = store.writeRound(name, round).finally(() => underWay.delete(key));
    underWay.set(key, writing);
    return writing;
  };
  const flip: SecretStore["flip"] = async (name, { value }) => {
    const current = await store.readCurrent(name);
    if (current?.value.equals(value) === true) return { versionId: current.versionId };
    const where = { system: `store of ${of}`, operation: "flip", reason: "stale-writer" as const };
    throw new PortError("conflict", `store of ${of}: flip ${name}: it is flipped as that of ${of}`, where);
  };
  // Pruned as the other site's.
  const discard: SecretStore["discard"] = async () => {};
  return { own: { ...store, writeRound }, shared: { ...store, writeRound, flip, discard } };
}
