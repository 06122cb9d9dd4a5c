import fc from "fast-check";
import { LedgerTextError, parseHomeLedger, parseSiteLedger } from "../../../core/engine/ledger-text.ts";
import type { LedgerStore } from "../../../core/ports/ledger-store.ts";
import { credentialName } from "../../../functions/sandbox/configuration.ts";
import { editJson, jsonEdits } from "../hostile/json-edits.ts";
import { mangle } from "../hostile/mangle.ts";
import { manglings } from "../hostile/manglings.ts";
import { hostileText } from "../hostile/texts.ts";
import { type FuzzProperty, of } from "../property.ts";
import { type Fleet, openFleet } from "./fleet.ts";

const parts = ["harbor", "aws", "azure", "gcp", "kubernetes"] as const;
/** A document that says something else in the server's own words may have any consequence; those are for the drivers. */
const honest = manglings.filter(({ kind }) => kind !== "json");

/** Whatever a part answers, each run ends with an outcome; when it answers well again, all are served. */
export const ticksProperty: FuzzProperty = {
  name: "ticks of a whole fleet",
  share: 0.1,
  async open() {
    const fleet = await openFleet();
    const inputs = fc.record({
      part: fc.constantFrom(...parts),
      mangling: honest,
      skip: fc.oneof(fc.constant(0), fc.nat({ max: 25 })),
      times: fc.constantFrom(1, 2, 1_000),
    });
    const property = fc.asyncProperty(inputs, async ({ part, mangling, skip, times }) => {
      const places = { trapUrl: "http://127.0.0.1:1", ownUrl: fleet.sandbox.azure.vaultUrl };
      const action = {
        type: "mangle" as const,
        mangle: (reply: Parameters<typeof mangle>[0]) => mangle(reply, mangling, places),
      };
      const fault = fleet.sandbox.faults.set({ part, skip, times, action });
      const results = [await fleet.tick(true), await fleet.tick()];
      fault.remove();
      await fleet.rest();
      const complaints = fleet.complaints(results);
      if (complaints.length > 0) throw new Error(complaints.join("; "));
    });
    return { property: of(property), close: () => fleet.close() };
  },
};

const damaged = fc.oneof(
  { weight: 3, arbitrary: jsonEdits.map((edits) => (text: string) => editJson(text, edits)) },
  {
    weight: 1,
    arbitrary: fc.nat({ max: 2_000 }).map((length) => (text: string) => text.slice(0, length % text.length)),
  },
  { weight: 1, arbitrary: hostileText.map((text) => () => text) },
);

function isRefused(read: (text: string) => unknown, text: string): boolean {
  try {
    read(text);
    return false;
  } catch (error) {
    if (error instanceof LedgerTextError) return true;
    throw error;
  }
}

async function recordIn(store: LedgerStore, key: string) {
  const { record } = await store.load(key);
  if (record === null) throw new Error("a ledger is there");
  return record;
}

/** Under a damaged ledger nothing is made, deleted or overwritten. */
async function tickOver(fleet: Fleet, store: LedgerStore, key: string, text: string): Promise<readonly string[]> {
  const isHome = !key.includes("@site/");
  const good = await recordIn(store, key);
  await store.save(key, good.revision, text);
  const robots = fleet.robots();
  const results = [await fleet.tick(true), await fleet.tick()];
  const robotsAfter = fleet.robots();
  const now = await recordIn(store, key);
  await store.save(key, now.revision, good.text);
  await fleet.rest();
  return [
    ...(now.text === text ? [] : ["a ledger that nobody can read was written over"]),
    ...(JSON.stringify(robots) === JSON.stringify(robotsAfter) || !isHome ? [] : ["robots came or went"]),
    ...fleet.complaints(results),
  ];
}

export const corruptLedgersProperty: FuzzProperty = {
  name: "corrupt ledgers of a whole fleet",
  share: 0.1,
  async open() {
    const fleet = await openFleet();
    const kinds = [
      { site: "aws", key: `sandbox/${credentialName}`, read: parseHomeLedger },
      { site: "azure", key: `sandbox/${credentialName}@site/azure`, read: parseSiteLedger },
      { site: "gcp", key: `sandbox/${credentialName}@site/gcp`, read: parseSiteLedger },
    ];
    const property = fc.asyncProperty(fc.constantFrom(...kinds), damaged, async ({ site, key, read }, damage) => {
      const store = fleet.tools.ports.ledgers[site];
      if (store === undefined) throw new Error(`no ledgers at ${site}`);
      const text = damage((await recordIn(store, key)).text);
      // What can be read is another ledger, and what follows from it is the protocol's.
      fc.pre(isRefused(read, text));
      const complaints = await tickOver(fleet, store, key, text);
      if (complaints.length > 0) throw new Error(`${site}: ${complaints.join("; ")}`);
    });
    return { property: of(property), close: () => fleet.close() };
  },
};
