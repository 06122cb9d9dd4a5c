import { expect, it } from "vitest";
import { LeaseOwners } from "../../../core/app/lease-owners.ts";
import { tick } from "../../../core/app/tick.ts";
import { twoCredentials } from "./two-credentials.ts";

it("ticks that run together go by different names, and one that follows takes the name that is free again", () => {
  const owners = new LeaseOwners("host/1");
  const [first, second] = [owners.take(), owners.take()];
  expect([first.owner, second.owner, owners.next]).toEqual(["host/1/1", "host/1/2", "host/1/3"]);
  first.free();
  expect(owners.next).toBe("host/1/1");
  expect(owners.take().owner).toBe("host/1/1");
});

it("a second tick of the same process finds the lease of the first", async () => {
  const { tools } = twoCredentials();
  const request = { sites: ["here"], credentials: ["one"], deadlineMs: null };
  const rotate = { ...request, acts: { one: { type: "rotate" as const } } };
  // The first goes on when the second has ended.
  let late: (() => void) | null = null;
  const registry = tools.ports.registries["main"];
  if (registry === undefined) throw new Error("there is a registry");
  const mint = registry.mint.bind(registry);
  registry.mint = async (...args) => {
    await new Promise<void>((resolve) => {
      late = resolve;
    });
    return mint(...args);
  };
  const first = tick(tools, rotate);
  await expect.poll(() => late).not.toBeNull();
  const second = await tick(tools, rotate);
  (late as unknown as () => void)();
  expect(second.runs[0]?.outcome).toMatchObject({ end: "busy", problems: [{ code: "lease-held" }] });
  expect((await first).runs[0]?.outcome.end).not.toBe("busy");
  expect(tools.owners.next).toBe("test/1");
});
