import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FaultAction } from "../../functions/sandbox/faults.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { type GcpHarness, raw, startGcpHarness } from "./gcp-fixtures.ts";
import { flipRequest, flipThrough, valueFor } from "./secret-store-fixtures.ts";

const name = "platform-pull";

let harness: GcpHarness;
beforeEach(async () => {
  harness = await startGcpHarness();
});
afterEach(() => harness.close());

function fault(kind: string, action: FaultAction, more: { times?: number; skip?: number } = { times: 1 }) {
  return harness.faults.set({ part: "gcp", kind, action, ...more });
}

const versionsOf = (id: string) => harness.gcp.secret(id)?.versions ?? [];
const currentText = async () => (await harness.store.readCurrent(name))?.value.reveal();

describe("a flip whose connection is cut", () => {
  /** Requests of a flip onto an existing name, in their order. */
  const steps = [
    ["secret.patch", 0, "the claim"],
    ["version.add", 0, "the new version"],
    ["secret.patch", 1, "the move of the alias"],
  ] as const;
  for (const [kind, skip, what] of steps) {
    for (const type of ["cut-before", "cut-after"] as const) {
      test(`${type} at ${what}: the repeat ends it with one version`, async () => {
        await flipThrough(harness.store, name, 1);
        const request = flipRequest(name, 2, { replaces: "main/1" });
        const cut = fault(kind, { type }, { times: 1, skip });
        await expectPortError(harness.store.flip(name, request), "unreachable");
        expect(cut.hits()).toBe(1);
        const { versionId } = await harness.store.flip(name, request);
        expect(versionId).toBe("main/2");
        expect(await currentText()).toBe(valueFor("e2").reveal());
        expect(versionsOf(name)).toHaveLength(2);
        expect(Object.keys(harness.gcp.secret(name)?.annotations ?? {}).sort()).toEqual(["capstan-v1", "capstan-v2"]);
      });
    }
  }

  test("a claim that nobody finished holds no other flip up", async () => {
    await flipThrough(harness.store, name, 1);
    fault("version.add", { type: "cut-before" });
    await expectPortError(harness.store.flip(name, flipRequest(name, 2, { replaces: "main/1" })), "unreachable");
    await harness.store.flip(name, flipRequest(name, 3, { replaces: "main/1" }));
    expect(await currentText()).toBe(valueFor("e3").reveal());
  });

  test("the first flip of a name is repeated after each cut", async () => {
    for (const kind of ["secret.create", "version.add", "secret.patch"]) {
      fault(kind, { type: "cut-after" });
      await expectPortError(harness.store.flip(name, flipRequest(name, 1)), "unreachable");
    }
    expect((await harness.store.flip(name, flipRequest(name, 1))).versionId).toBe("main/1");
    expect(versionsOf(name)).toHaveLength(1);
  });
});

describe("two runners with the same flip", () => {
  test("agree on the version, and what one of them added too much goes with its generation", async () => {
    await flipThrough(harness.store, name, 1);
    const request = flipRequest(name, 2, { replaces: "main/1" });
    // The first one stops between its claim and its version; the second does the whole flip meanwhile.
    harness.faults.set({
      part: "gcp",
      kind: "version.add",
      times: 1,
      action: { type: "delay", delayMs: 0 },
      onHit: async () => {
        await harness.store.flip(name, request);
      },
    });
    const late = await harness.store.flip(name, request);
    expect(late.versionId).toBe("main/2");
    const facts = await harness.store.listVersions(name);
    expect(facts.filter((one) => one.current)).toEqual([{ versionId: "main/2", epoch: 2, current: true }]);
    expect(facts.map((one) => one.epoch).sort()).toEqual([1, 2, 2]);
  });

  test("a later flip in between wins, the late one is refused", async () => {
    await flipThrough(harness.store, name, 1);
    harness.faults.set({
      part: "gcp",
      kind: "version.add",
      times: 1,
      action: { type: "delay", delayMs: 0 },
      onHit: async () => {
        await harness.store.flip(name, flipRequest(name, 3, { replaces: "main/1" }));
      },
    });
    const late = harness.store.flip(name, flipRequest(name, 2, { replaces: "main/1" }));
    await expectPortError(late, "conflict", "stale-writer");
    expect(await currentText()).toBe(valueFor("e3").reveal());
  });

  test("a later claim in between refuses the earlier one, whose repeat ends it", async () => {
    await flipThrough(harness.store, name, 1);
    const early = flipRequest(name, 2, { replaces: "main/1" });
    harness.faults.set({
      part: "gcp",
      kind: "version.add",
      times: 1,
      action: { type: "delay", delayMs: 0 },
      onHit: async () => {
        fault("version.add", { type: "cut-before" });
        await harness.store.flip(name, flipRequest(name, 3, { replaces: "main/1" })).catch(() => null);
      },
    });
    await expectPortError(harness.store.flip(name, early), "conflict", "stale-writer");
    expect(await currentText()).toBe(valueFor("e1").reveal());
    expect((await harness.store.flip(name, early)).versionId).toBe("main/2");
    expect(await currentText()).toBe(valueFor("e2").reveal());
  });

  test("a label or an annotation written in between does not stop a flip", async () => {
    await flipThrough(harness.store, name, 1);
    harness.faults.set({
      part: "gcp",
      kind: "version.add",
      times: 1,
      action: { type: "delay", delayMs: 0 },
      onHit: async () => {
        const labels = { team: "platform" };
        await raw(harness, "PATCH", `secrets/${name}?updateMask=labels`, { labels });
      },
    });
    await harness.store.flip(name, flipRequest(name, 2, { replaces: "main/1" }));
    expect(await currentText()).toBe(valueFor("e2").reveal());
    expect(harness.gcp.secret(name)?.labels).toMatchObject({ team: "platform" });
  });
});

test("the quota of two writes a second throttles a flip, which the next second ends", async () => {
  const limited = await startGcpHarness({ secretWritesPerSecondMax: 2 });
  try {
    const staged = await portErrorOf(
      (async () => {
        await limited.store.flip(name, flipRequest(name, 1));
        await limited.store.flip(name, flipRequest(name, 2, { replaces: "main/1" }));
      })(),
    );
    expect(staged.kind).toBe("throttled");
    limited.advance(1000);
    const throttled = await portErrorOf(limited.store.flip(name, flipRequest(name, 2, { replaces: "main/1" })));
    expect(throttled.kind).toBe("throttled");
    limited.advance(1000);
    expect((await limited.store.flip(name, flipRequest(name, 2, { replaces: "main/1" }))).versionId).toBe("main/2");
    expect(limited.gcp.secret(name)?.versions).toHaveLength(2);
  } finally {
    await limited.close();
  }
});
