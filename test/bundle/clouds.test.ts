import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Built, buildFor } from "./built.ts";
import { type CloudBench, clouds, startCloudBench } from "./cloud-bench.ts";

let built: Built;
let bench: CloudBench;
beforeAll(async () => {
  built = await buildFor(clouds);
  bench = await startCloudBench(built);
}, 60_000);
afterAll(async () => {
  await bench.close();
});

const marked = () =>
  bench.sandbox.harbor
    .robots()
    .filter(({ username, deletedAtMs }) => username.includes("platform-pull-g") && deletedAtMs === null);

async function answerOf(cloud: (typeof clouds)[number], capstan: Record<string, unknown>): Promise<string> {
  return bench.hosts[cloud].invoke({ capstan }).then(
    (result) => JSON.stringify(result),
    (error: Error) => error.message,
  );
}

// The stories build on each other: one fleet, from nothing to a rotated one.
describe("three built functions, each called through what registers it in its cloud", () => {
  it("ticks of the schedulers alone bring the first generation everywhere", async () => {
    await bench.tickUntil(() => bench.fleet.settled(0));
    expect(marked()).toHaveLength(1);
    expect(bench.fleet.ledger()).toMatchObject({ epoch: 1, current: { generation: 1 } });
  }, 60_000);

  it("a manual rotation at home is finished by the schedulers: one robot, every cluster served", async () => {
    const first = marked()[0]?.username;
    const asked = await bench.hosts.aws.invoke({ capstan: { action: "rotate", credentials: ["platform-pull"] } });
    expect(asked.runs[0]).toMatchObject({ role: "home", site: "aws", actTaken: true, generation: 2, epoch: 2 });
    expect(asked.nextAt).toBe(new Date(asked.nextAtMs).toISOString());
    await bench.hosts.aws.kill();
    await bench.tickUntil(() => bench.fleet.settled(1));
    expect(marked()).toHaveLength(1);
    expect(marked()[0]?.username).not.toBe(first);
  }, 60_000);

  it("a status names what a site serves and changes nothing", async () => {
    const writes = () => bench.sandbox.harbor.robots().length;
    const before = writes();
    const home = await bench.hosts.aws.invoke({ capstan: { action: "status" } });
    expect(home.runs[0]).toMatchObject({ role: "home", end: "idle", generation: 2, epoch: 2 });
    for (const cloud of ["azure", "gcp"] as const) {
      const { end, runs } = await bench.hosts[cloud].invoke({ capstan: { action: "status" } });
      expect(end).toBe("served");
      expect(runs).toEqual([
        expect.objectContaining({ role: "site", site: cloud, served: 2, wanted: 2, problems: [] }),
      ]);
    }
    expect(writes()).toBe(before);
  });

  it.each(clouds)("%s: a warm function opens no connection and asks for no token anew", async (cloud) => {
    const { harbor, aws, azure, gcp, clusters } = bench.sandbox;
    const parts = [harbor, aws, azure, gcp, ...clusters];
    const seen = () => ({
      connections: parts.reduce((sum, part) => sum + part.connections(), 0),
      tokens: (azure.counts.get("token") ?? 0) + (gcp.counts.get("token") ?? 0),
      // What Key Vault gets without a token: the first call of each new client.
      challenges: azure.counts.get("other") ?? 0,
    });
    const during = async (invocations: number) => {
      const before = seen();
      for (let count = 0; count < invocations; count += 1) await bench.hosts[cloud].invoke("tick");
      const after = seen();
      return {
        connections: after.connections - before.connections,
        tokens: after.tokens - before.tokens,
        challenges: after.challenges - before.challenges,
      };
    };
    await bench.hosts[cloud].kill();
    const cold = await during(1);
    const warm = await during(4);
    expect(cold.connections).toBeGreaterThan(2);
    expect(cold.tokens).toBeGreaterThan(0);
    expect({ tokens: warm.tokens, challenges: warm.challenges }).toEqual({ tokens: 0, challenges: 0 });
    // Calls that happen to go at the same time may take one more; clients made anew would take four times as many.
    expect(warm.connections).toBeLessThan(cold.connections);
  });

  it("an act is refused where its credential is not at home", async () => {
    const why = "platform-pull is at home at aws; ask the function there";
    for (const cloud of ["azure", "gcp"] as const) {
      const text = `HTTP 400: ${JSON.stringify({ error: `command refused: ${why}` })}`;
      expect(await answerOf(cloud, { action: "rotate", credentials: ["platform-pull"] })).toBe(text);
    }
  });

  it.each(clouds)("%s: an event that is not understood is refused by its place and never echoed", async (cloud) => {
    const canary = "canary-in-an-event";
    const answer = await answerOf(cloud, { action: "rotate", password: canary });
    expect(answer).toContain("event refused: capstan: unknown key password");
    expect(answer.startsWith("HTTP 400")).toBe(cloud !== "aws");
    expect([answer, ...bench.lines].join("\n")).not.toContain(canary);
  });

  it("a configuration refused later on is named, and the last good one goes on", async () => {
    const good = readFileSync(bench.config, "utf8");
    writeFileSync(bench.config, good.replace("installation:", "instalation:"));
    const from = bench.lines.length;
    expect(await bench.hosts.gcp.invoke("tick")).toMatchObject({ end: "served" });
    const said = bench.lines.slice(from).find((line) => line.includes("last good configuration"));
    expect(JSON.parse(said ?? "{}")).toMatchObject({ level: "error", code: "configuration" });
    expect(said).toContain("did you mean installation?");

    await bench.hosts.gcp.kill();
    const refused = await bench.hosts.gcp.invoke("tick").catch((error: Error) => error.message);
    expect(refused).toMatch(/^HTTP 500: \{"error":"configuration refused","problems":\["/);
    expect(refused).toMatch(/capstan\.yaml:\d+:1: instalation: unknown key instalation/);
    writeFileSync(bench.config, good);
    expect(await bench.hosts.gcp.invoke("tick")).toMatchObject({ end: "served" });
  });

  it("every line is JSON with its tick, and no secret is in any of them", () => {
    expect(bench.lines.length).toBeGreaterThan(500);
    const records = bench.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const record of records) expect(record).toHaveProperty("severity");
    expect(records.some(({ message, tick }) => message === "generation 2 current, epoch 2" && tick !== undefined)).toBe(
      true,
    );
    const all = bench.lines.join("\n");
    for (const secret of bench.secrets()) expect(all.includes(secret)).toBe(false);
    expect(bench.secrets().length).toBeGreaterThan(5);
  });
});
