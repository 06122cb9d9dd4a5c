import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { builtCli } from "../bundle/built.ts";
import { type CliFleet, initLocalFleet, startLocalFleet } from "./cli-fleet.ts";

let fleet: CliFleet;
beforeAll(async () => {
  fleet = await startLocalFleet({ clusters: 1, namespacesPerCluster: 2, entry: await builtCli() });
});
afterAll(async () => {
  fleet.capstan.expectSilent(fleet.secrets());
  await fleet.close();
});

function pullSecrets() {
  return fleet.sandbox.clusters.flatMap((cluster) => cluster.secrets()).filter(({ name }) => name === "harbor-pull");
}

it("init writes a file and an age key that only its owner can read", async () => {
  const { code, out } = await initLocalFleet(fleet);
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining("capstan.yaml") });
  expect(statSync(join(fleet.folder, "age.key")).mode & 0o777).toBe(0o600);
});

it("plan says what the first rotation would do, and does nothing of it", async () => {
  const { code, out } = await fleet.capstan.run(["plan"]);
  expect(code).toBe(0);
  expect(out).toContain("create robot platform-pull-g1-");
  expect((await fleet.capstan.run(["plan", "--detailed-exitcode"])).code).toBe(2);
  expect(fleet.robots()).toEqual([]);
  expect(existsSync(join(fleet.folder, ".capstan"))).toBe(false);
});

it("rotate --wait ends when every namespace is served, with one robot", async () => {
  const { code, out, err } = await fleet.capstan.run(["rotate", "--wait", "--timeout", "3m"]);
  expect({ code, err }).toMatchObject({ code: 0 });
  expect(out).toMatch(/platform-pull +✓ done +1 +1 +2 of 2/);
  for (const state of ["minting", "staged", "proven", "current, epoch 1"])
    expect(err).toContain(`generation 1 ${state}`);
  expect(fleet.robots()).toHaveLength(1);
  expect(pullSecrets()).toHaveLength(2);
  for (const { data } of pullSecrets()) expect(data[".dockerconfigjson"]).toContain("g1-");
});

it("status tells where it stands, and plan that nothing would change", async () => {
  const { code, data } = await fleet.capstan.json(["status", "--exit-code"]);
  expect(code).toBe(0);
  expect(data.credentials).toHaveLength(1);
  expect(data.credentials[0]).toMatchObject({
    credential: "platform-pull",
    state: "idle",
    epoch: 1,
    current: { generation: 1, username: fleet.robots()[0], revoked: false },
    replaced: [],
    problems: [],
    due: { reason: "schedule", scheduleHeld: false },
    sites: [{ site: "local", storeEpoch: 1, storeFailure: null, report: { served: 2, wanted: 2, complete: true } }],
  });
  expect((await fleet.capstan.run(["plan", "--detailed-exitcode"])).code).toBe(0);
});

it("rotate alone begins, and rollback takes it back under a third epoch", async () => {
  const begun = await fleet.capstan.json(["rotate"]);
  expect(begun).toMatchObject({
    code: 3,
    data: { exitCode: 3, credentials: [{ generation: 2, epoch: 2, taken: true }] },
  });
  expect((await fleet.capstan.run(["status", "--exit-code"])).code).toBe(3);

  const back = await fleet.capstan.run(["rollback", "platform-pull"]);
  expect(back).toMatchObject({ code: 3, err: expect.stringContaining("generation 1 is current, epoch 3") });
  const { data } = await fleet.capstan.json(["status"]);
  expect(data.credentials[0]).toMatchObject({
    current: { generation: 1, epoch: 3 },
    replaced: [{ generation: 2 }],
    due: { scheduleHeld: true },
  });
});

it("revoke ends the other one and says when pulls with it really end; ticks finish it", async () => {
  const { code, out } = await fleet.capstan.run(["revoke", "platform-pull", "--generation", "2"]);
  expect([0, 3]).toContain(code);
  expect(out).toContain("up to 31m (token lifetime + 60s)");
  await expect.poll(async () => (await fleet.capstan.run(["tick"])).code, { timeout: 120_000 }).toBe(0);
  expect(fleet.robots()).toEqual([expect.stringContaining("-g1-")]);
  for (const { data } of pullSecrets()) expect(data[".dockerconfigjson"]).toContain("g1-");
  const again = await fleet.capstan.json(["revoke", "platform-pull", "--generation", "2"]);
  expect(again).toMatchObject({ code: 4, data: { revoked: { stage: null, deleted: false } } });
});

it("a roll back without an older generation is refused, and the reason told", async () => {
  const { code, out } = await fleet.capstan.run(["rollback", "platform-pull"]);
  expect({ code, out }).toMatchObject({ code: 4, out: expect.stringContaining("no older generation to go back to") });
});

it("without its ledger nothing is begun until a person says --start-new, which makes one robot and leaves the other alone", async () => {
  const [old = ""] = fleet.robots();
  rmSync(join(fleet.folder, ".capstan"), { recursive: true });
  const stopped = await fleet.capstan.run(["rotate", "--wait"]);
  expect(stopped).toMatchObject({ code: 4, err: expect.stringContaining("rotate --start-new") });
  expect(fleet.robots()).toEqual([old]);
  const { code, data, err } = await fleet.capstan.json(["rotate", "--start-new", "--wait", "--timeout", "3m"]);
  expect({ code, err }).toMatchObject({ code: 0 });
  expect(data.credentials[0]).toMatchObject({ generation: 1, epoch: 1, taken: true });
  expect(fleet.robots()).toEqual([old, data.credentials[0].username]);
});
