import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { builtCli } from "../bundle/built.ts";
import { type CliFleet, initLocalFleet, startCloudFleet, startLocalFleet } from "./cli-fleet.ts";

const nowhere = "http://127.0.0.1:1";

describe("a local site", () => {
  let fleet: CliFleet;
  let good = "";
  beforeAll(async () => {
    fleet = await startLocalFleet({ clusters: 1, namespacesPerCluster: 1, entry: await builtCli() });
    await initLocalFleet(fleet);
    fleet.edit((text) => {
      good = text;
      return text;
    });
  });
  beforeEach(() => fleet.edit(() => good));
  afterAll(async () => {
    fleet.capstan.expectSilent([...fleet.secrets(), "a-wrong-password-of-ours"]);
    await fleet.close();
  });

  it("a Harbor that is not there: 69 at once, even with --wait; status goes on", async () => {
    const { endpoint } = fleet.sandbox.describe().harbor;
    fleet.edit((text) => text.replace(endpoint, nowhere));
    const rotated = await fleet.capstan.json(["rotate", "--wait"]);
    expect(rotated).toMatchObject({ code: 69, err: expect.stringMatching(/the registry cannot list robots/) });
    expect((await fleet.capstan.run(["plan"])).code).toBe(69);
    const status = await fleet.capstan.json(["status"]);
    expect(status).toMatchObject({ code: 0, data: { credentials: [{ state: "none" }] } });
    expect((await fleet.capstan.run(["status", "--exit-code"])).code).toBe(69);
  });

  it("a wrong issuer's password: 77, and nothing is minted", async () => {
    const env = { HARBOR_ISSUER_PASSWORD: "a-wrong-password-of-ours" };
    const { code, err } = await fleet.capstan.run(["rotate", "--wait"], env);
    expect({ code, err }).toMatchObject({ code: 77, err: expect.stringContaining("the registry cannot list robots") });
    expect(fleet.robots()).toEqual([]);
  });

  it("a password that is nowhere: 77, naming the variable", async () => {
    fleet.edit((text) => text.replace("env:HARBOR_ISSUER_PASSWORD", "env:NOT_SET_ANYWHERE"));
    const { code, err } = await fleet.capstan.run(["--debug", "tick"]);
    expect({ code, err }).toMatchObject({ code: 77, err: expect.stringContaining("env:NOT_SET_ANYWHERE") });
  });

  it("a file that is refused: 78 with line and mend, as a document too", async () => {
    fleet.edit((text) => text.replace("durationDays: 30", "durationDays: thirty").replace("level:", "levels:"));
    const { code, err, data } = await fleet.capstan.json(["rotate"]);
    expect({ code, err }).toMatchObject({ code: 78, err: expect.stringMatching(/capstan\.yaml:\d+:\d+: .*levels/) });
    expect(data.error).toMatchObject({ exitCode: 78 });
    expect(data.error.problems.length).toBeGreaterThan(1);
    fleet.edit(() => "format: [");
    expect((await fleet.capstan.run(["plan"])).code).toBe(78);
    expect((await fleet.capstan.run(["--config", "absent.yaml", "plan"])).code).toBe(78);
  });

  it("names that are not in the file: 64 with the likely one", async () => {
    for (const args of [
      ["rotate", "platform-pul"],
      ["status", "platform-pul"],
      ["rollback", "platform-pul"],
    ]) {
      const { code, err } = await fleet.capstan.run(args);
      expect({ code, err }).toMatchObject({ code: 64, err: expect.stringContaining("did you mean platform-pull?") });
    }
    const { code, err } = await fleet.capstan.run(["tick", "--site", "locl"]);
    expect({ code, err }).toMatchObject({ code: 64, err: expect.stringContaining("did you mean local?") });
  });

  it("another runner at work: 75; its attempt given up after a refusal: not finished, and tried again", async () => {
    const { faults } = fleet.sandbox;
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow = faults.set({
      part: "harbor",
      kind: "robot.create",
      times: 1,
      action: { type: "delay", delayMs: 0 },
      onHit: () => answered,
    });
    const first = fleet.capstan.start(["rotate", "--wait", "--timeout", "3m"]);
    await expect.poll(() => slow.hits(), { timeout: 60_000 }).toBe(1);
    const second = await fleet.capstan.run(["tick"]);
    answer();
    expect(second).toMatchObject({ code: 75, err: expect.stringContaining("is at work") });
    expect(await first.done).toMatchObject({ code: 0 });
    slow.remove();

    const refuses = faults.set({
      part: "harbor",
      kind: "robot.create",
      times: 1,
      action: { type: "reply", status: 503 },
    });
    const rotated = await fleet.capstan.run(["rotate", "--wait", "--timeout", "3m"]);
    expect({ code: rotated.code, err: rotated.err }).toMatchObject({ code: 0 });
    expect(rotated.err).toContain("given up");
    expect(refuses.hits()).toBe(1);
    expect(fleet.robots()).toEqual([expect.stringContaining("-g2-")]);
  });

  it("a kubeconfig without the context: that cluster is named and not served, the rest goes on", async () => {
    fleet.edit((text) => text.replace("context: 'prod-1'", "context: 'prod-9'"));
    const { code, err, data } = await fleet.capstan.json(["tick"]);
    expect({ code, err }).toMatchObject({ code: 3, err: expect.stringMatching(/prod-1: kubeconfig: .*prod-9/) });
    expect(data.credentials[0]).toMatchObject({ home: { end: "idle" }, sites: [{ served: 0, wanted: 1 }] });
  });
});

describe("three clouds", () => {
  let fleet: CliFleet;
  beforeAll(async () => {
    fleet = await startCloudFleet({ clusters: 3, namespacesPerCluster: 1, entry: await builtCli() });
    fleet.edit((text) => text.replace("overlap: 3s", "overlap: 500ms").replace("longestPull: 3s", "longestPull: 0s"));
    expect(await fleet.capstan.run(["rotate", "--wait", "--timeout", "3m"])).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    fleet.capstan.expectSilent(fleet.secrets());
    await fleet.close();
  });

  it("a replica's store that is down holds the old robot: 124, a row with its reason, and a tick goes on later", async () => {
    const down = fleet.sandbox.faults.set({ part: "azure", action: { type: "reply", status: 503 } });
    const waited = await fleet.capstan.json(["rotate", "--wait", "--timeout", "2s"]);
    expect({ code: waited.code, err: waited.err }).toMatchObject({ code: 124 });
    const look = async () => {
      const { code, data } = await fleet.capstan.json(["status"]);
      expect(code).toBe(0);
      const [credential] = data.credentials;
      const rows = credential.sites.map((site: { site: string }) => [site.site, site]);
      return { credential, sites: Object.fromEntries(rows) };
    };
    // However far a slow machine came in these two seconds.
    const served = async () => {
      await fleet.capstan.run(["tick"]);
      return (await look()).sites.aws.report;
    };
    await expect.poll(served, { timeout: 120_000 }).toMatchObject({ epoch: 2, served: 1 });
    const { credential, sites } = await look();
    expect(sites.azure).toMatchObject({ storeEpoch: null, storeFailure: expect.any(String), report: null });
    expect(sites.aws).toMatchObject({ storeEpoch: 2, storeFailure: null, report: { served: 1 } });
    expect(credential.replaced[0].heldBy).toContain("azure");
    expect(fleet.robots()).toHaveLength(2);

    const watched = fleet.capstan.start(["rotate", "--wait"]);
    // Once: a second Ctrl-C does not wait for the call under way.
    let asked = false;
    watched.child.stderr?.on("data", (text: string) => {
      if (asked || !text.includes("epoch 3")) return;
      asked = true;
      watched.child.kill("SIGINT");
    });
    expect(await watched.done).toMatchObject({ code: 130, err: expect.stringContaining("nothing is lost") });
    down.remove();
    await expect.poll(async () => (await fleet.capstan.run(["tick"])).code, { timeout: 120_000 }).toBe(0);
    expect(fleet.robots()).toEqual([expect.stringContaining("-g3-")]);
  });

  it("a home store that is down: 69 for a tick, a row for status", async () => {
    const down = fleet.sandbox.faults.set({ part: "aws", action: { type: "cut-before" } });
    const ticked = await fleet.capstan.run(["tick"]);
    expect(ticked).toMatchObject({ code: 69, err: expect.stringContaining("the home's ledger") });
    const { code, data } = await fleet.capstan.json(["status"]);
    expect(code).toBe(0);
    expect(data.credentials[0]).toMatchObject({ state: "unknown", current: null });
    expect(data.credentials[0].sites[0]).toMatchObject({ site: "aws", storeFailure: expect.any(String) });
    down.remove();
  });
});
