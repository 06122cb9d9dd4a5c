import { expect, test } from "vitest";
import { type Configuration, given, type Story } from "./story.ts";

const clouds = ["aws", "azure", "gcp"] as const;
type Cloud = (typeof clouds)[number];

const writes = {
  aws: ["PutItem", "CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"],
  azure: ["blob.put", "secret.set", "secret.update"],
  gcp: ["secret.create", "secret.patch", "version.add", "version.destroy", "version.disable"],
} as const satisfies Record<Cloud, readonly string[]>;

/** What a write is for. Google's ledgers are secrets whose names do not tell home's from a site's. */
function purposeOf(cloud: Cloud, kind: string, path: string, body: string): string {
  if (cloud === "gcp") return path.includes("capstan-ledger") ? "ledgers, gcp" : "values, gcp";
  if (kind !== "PutItem" && kind !== "blob.put") return `values, ${cloud}`;
  return /@site|%40site/.test(cloud === "aws" ? body : path) ? `site's ledger, ${cloud}` : `home's ledger, ${cloud}`;
}

/** Every write from now on, counted by what it is for. */
function countWrites(story: Story): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const cloud of clouds) {
    for (const kind of writes[cloud]) {
      story.sandbox.faults.set({
        part: cloud,
        kind,
        when({ path, body }) {
          const purpose = purposeOf(cloud, kind, path, body.toString("utf8"));
          counts[purpose] = (counts[purpose] ?? 0) + 1;
          return false;
        },
        action: { type: "cut-before" },
      });
    }
  }
  return counts;
}

const onAws = { "values, aws": 4, "site's ledger, aws": 3 };
const onAzure = { "values, azure": 3, "site's ledger, azure": 3 };
const onGcp = { "values, gcp": 6, "ledgers, gcp": 3 };

/** ARCHITECTURE, "What a rotation writes", says what each is for. */
const homes: Readonly<Record<Cloud, Readonly<Record<string, number>>>> = {
  aws: { ...onAws, "home's ledger, aws": 10, ...onAzure, ...onGcp },
  azure: { ...onAzure, "home's ledger, azure": 10, "values, azure": 5, ...onAws, ...onGcp },
  gcp: { ...onGcp, "ledgers, gcp": 13, "values, gcp": 10, ...onAws, ...onAzure },
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
    await story.untilIdle();
    await story.untilIdle({ type: "rotate" });
    const counts = countWrites(story);
    await story.untilIdle({ type: "rotate" });
    expect({ ...counts }).toEqual(homes[home]);
    story.sandbox.faults.clear();
    const atRest = countWrites(story);
    for (let ticks = 0; ticks < 3; ticks += 1) await story.tick();
    expect(atRest).toEqual({});
  },
);
