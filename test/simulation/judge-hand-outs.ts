import type { PortCall } from "../../core/engine/calls.ts";
import { decodeValue } from "../../core/engine/value.ts";
import type { Login } from "../../core/ports/registry.ts";
import { markAnnotation, parseTargetMark, slotOfName } from "../../core/protocol/mark.ts";
import { loginKey } from "./checkers.ts";
import type { Known } from "./known.ts";
import type { Tick } from "./truth.ts";
import type { Place } from "./world.ts";

/** Before a store's value changes. */
export function judgeFlip(known: Known, call: Extract<PortCall, { call: "store.flip" }>, tick: Tick): string[] {
  const truth = known.truths.find(({ place }) => place.storeName === call.name);
  tick.flipped.set(call.on, truth?.restored.get(call.on));
  const current = known.world.ports.stores[call.on]?.readCurrentNow(call.name);
  const decoded = current ? decodeValue(current.value) : null;
  if (!truth || decoded?.is !== "ours") return [];
  const { ledgerId, epoch, login } = decoded.value;
  // What a backup brought back and a flip takes out again is held until then, if the tick saves what it saw.
  if (truth.restored.get(call.on)?.username !== login.username) truth.heldMs.set(login.username, known.world.nowMs);
  else if (current?.versionId === call.request.replaces) tick.takenOut.push(login.username);
  const { tag } = call.request;
  return tag.ledgerId === ledgerId && tag.epoch < epoch
    ? [`promise 1: the store of ${call.on} went back from epoch ${epoch} to ${tag.epoch}`]
    : [];
}

/** Before a Secret is written. */
export function judgeApply(known: Known, call: Extract<PortCall, { call: "cluster.applySecret" }>): string[] {
  const { write, on } = call;
  const { namespace, name } = write;
  const facts = known.world.ports.clusters[on]?.readSecretNow(namespace, name) ?? null;
  const current = facts?.uid === write.uid && facts.resourceVersion === write.resourceVersion;
  noteLeaving(known, on, namespace, name);
  const broken: string[] = [];
  for (const truth of known.truths) {
    const { place } = truth;
    const login = place.secret === name ? write.logins[place.registryKey] : undefined;
    if (login === undefined) continue;
    const where = `${on}/${namespace}`;
    const mark = parseTargetMark(write.annotations[markAnnotation(place.name)]);
    const was = parseTargetMark(facts?.annotations[markAnnotation(place.name)]);
    const made = truth.made.get(where);
    truth.made.delete(where);
    if (mark !== null && was?.ledgerId === mark.ledgerId && mark.epoch < was.epoch)
      broken.push(`promise 1: ${where}/${name} went back from epoch ${was.epoch} to ${mark.epoch}`);
    // Filled by somebody whose site's ledger was read from the past: alive (below), and brought forward by the next tick.
    else if (mark !== null && was === null && made !== undefined && mark.epoch < made && !known.hasStaleLoads)
      broken.push(`promise 1: ${where}/${name} was made with epoch ${mark.epoch}, its site has seen ${made}`);
    else if (
      current &&
      !known.mayDie(truth, login.username, keyOfLogin(place, login)) &&
      known.isDead(place, login.username)
    )
      broken.push(`promise 1: ${where}/${name} was given ${login.username}, which is dead`);
  }
  return broken;
}

function keyOfLogin(place: Place, login: Login): string {
  return slotOfName(place.name, login.username) === null ? login.username : loginKey(login);
}

/** After a missing Secret was made. */
export function judgeMade(known: Known, call: Extract<PortCall, { call: "cluster.createEmptySecret" }>): string[] {
  const broken: string[] = [];
  const facts = known.world.ports.clusters[call.on]?.readSecretNow(call.namespace, call.name);
  for (const truth of known.truths) {
    const { place } = truth;
    const site = known.world.shape.clusters[call.on];
    if (place.secret !== call.name || site === undefined) continue;
    const where = `${call.on}/${call.namespace}`;
    const epoch = known.siteLedger(place, site)?.epoch ?? 0;
    truth.made.set(where, epoch);
    const login = facts?.content.state === "parsed" ? facts.content.logins[place.registryKey] : null;
    const mark = parseTargetMark(facts?.annotations[markAnnotation(place.name)]);
    if (login && mark !== null && mark.epoch < epoch)
      broken.push(`promise 1: ${where}/${call.name} was made with epoch ${mark.epoch}, its site has seen ${epoch}`);
  }
  return broken;
}

/** Before a Secret is taken away or written over: what it held until now. */
export function noteLeaving(known: Known, cluster: string, namespace: string, secret: string): void {
  const facts = known.world.ports.clusters[cluster]?.readSecretNow(namespace, secret);
  if (facts?.content.state !== "parsed" || facts.otherOwners.length > 0) return;
  for (const truth of known.truths) {
    if (truth.place.secret !== secret) continue;
    const username = facts.content.logins[truth.place.registryKey]?.username;
    if (username !== undefined) truth.heldMs.set(username, known.world.nowMs);
  }
}
