import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PartName } from "../../functions/sandbox/faults.ts";
import { type Kind, storyOf } from "./kinds.ts";
import { kindsOfStoreWrites } from "./store-writes.ts";
import { type Configuration, given, type Story } from "./story.ts";

const clouds = ["aws", "azure", "gcp"] as const;
type Cloud = (typeof clouds)[number];

const ledgerKinds = ["PutItem", "PutObject", "blob.put", "object.insert"];

/** What a write is for. Names of Google's and of Kubernetes' ledgers do not tell home's from a site's. */
function purposeOf(part: PartName, kind: string, path: string, body: string): string {
  if (kind.startsWith("secret.") && part !== "azure") {
    return `${/capstan-ledger/.test(path + body) ? "ledgers" : "values"}, ${part}`;
  }
  if (!ledgerKinds.includes(kind)) return `values, ${part}`;
  // Blobs and objects of S3 say in their path whose they are, the others in what is written.
  const ofSite =
    kind === "object.insert"
      ? body.includes('\\"site\\":')
      : /@site|%40site/.test(path + (kind === "PutItem" ? body : ""));
  return `${ofSite ? "site's" : "home's"} ledger, ${part}`;
}

/** Every write of a store or ledger from now on, counted by what it is for. */
function countWrites(story: Story): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [name, kinds] of Object.entries(kindsOfStoreWrites)) {
    const part = name as PartName;
    for (const kind of kinds) {
      story.sandbox.faults.set({
        part,
        ...(part === "kubernetes" ? { instance: "prod-3" } : {}),
        kind,
        when({ path, body }) {
          const purpose = purposeOf(part, kind, path, body.toString("utf8"));
          counts[purpose] = (counts[purpose] ?? 0) + 1;
          return false;
        },
        action: { type: "cut-before" },
      });
    }
  }
  return counts;
}

/** Every file of a local site and when it was last written. */
function filesOf(story: Story): readonly string[] {
  const folder = join(story.folder, "site");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.map((name) => `${name} ${statSync(join(folder, name)).mtimeMs}`).sort();
}

/** What the second rotation writes. */
async function costOf(story: Story): Promise<Readonly<Record<string, number>>> {
  await story.untilIdle();
  await story.untilIdle({ type: "rotate" });
  const counts = countWrites(story);
  await story.untilIdle({ type: "rotate" });
  story.sandbox.faults.clear();
  return { ...counts };
}

async function expectSilence(story: Story): Promise<void> {
  const atRest = countWrites(story);
  for (let ticks = 0; ticks < 3; ticks += 1) await story.tick();
  expect(atRest).toEqual({});
}

const onAws = { "values, aws": 4, "site's ledger, aws": 3 };
const onAzure = { "values, azure": 3, "site's ledger, azure": 3 };
const onGcp = { "values, gcp": 5, "ledgers, gcp": 3 };

/** ARCHITECTURE, "What a rotation writes", says what each is for. */
const homes: Readonly<Record<Cloud, Readonly<Record<string, number>>>> = {
  aws: { ...onAws, "home's ledger, aws": 10, ...onAzure, ...onGcp },
  azure: { ...onAzure, "home's ledger, azure": 10, "values, azure": 5, ...onAws, ...onGcp },
  gcp: { ...onGcp, "ledgers, gcp": 13, "values, gcp": 7, ...onAws, ...onAzure },
};

test.each(clouds)(
  "what a rotation with its home on %s writes, and that a tick at rest writes nothing",
  async (home) => {
    const at = (configuration: Configuration) => {
      const [name, credential] = Object.entries(configuration.credentials)[0] ?? [];
      const sites = clouds.filter((cloud) => cloud !== home);
      return { ...configuration, credentials: { [name ?? ""]: { ...credential, home, sites } } };
    };
    const story = await given({ clusters: 3, namespaces: 2, configured: at });
    expect(await costOf(story)).toEqual(homes[home]);
    await expectSilence(story);
  },
);

/** The same on other kinds, and with ledgers that are objects in a bucket. Of files there is no count. */
const others: readonly (readonly [Kind, Kind, Readonly<Record<string, number>>])[] = [
  ["kubernetes", "aws", { "ledgers, kubernetes": 13, "values, kubernetes": 4, ...onAws }],
  ["local", "gcp", { "values, gcp": 5, "site's ledger, gcp": 3 }],
  ["gcp", "local", { "values, gcp": 7, "home's ledger, gcp": 10, "site's ledger, gcp": 3 }],
];

test.each(others)(
  "home on %s, a copy on %s, ledgers in buckets: what is written, and nothing at rest",
  async (home, other, cost) => {
    const story = await storyOf(home, other, true);
    expect(await costOf(story)).toEqual(cost);
    const files = [home, other].includes("local") ? filesOf(story) : [];
    await expectSilence(story);
    if (files.length > 0) expect(filesOf(story)).toEqual(files);
  },
);
